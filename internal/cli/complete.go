package cli

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

// The shell blocks while it waits for completions.
const (
	completionTimeout = 3 * time.Second
	mostWords         = 1000 // one page; a longer list is of no use in a shell
)

// completion asks the server for completions of the word at the cursor. If that fails, there are no completions.
func (a *app) completion(offer func(context.Context, *client.Client) ([]cobra.Completion, error)) ([]cobra.Completion, cobra.ShellCompDirective) {
	c, err := a.client(client.WithMaxRetries(0))
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(context.Background(), completionTimeout)
	defer cancel()
	words, err := offer(ctx, c)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// words returns a completion, with its description, for each row of a list.
func words[T any](a *app, rows func(context.Context, *client.Client) iter.Seq2[T, error], word func(T) (word, meaning string)) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.completion(func(ctx context.Context, c *client.Client) ([]cobra.Completion, error) {
		all, err := first(mostWords, rows(ctx, c))
		if err != nil {
			return nil, err
		}
		out := make([]cobra.Completion, len(all))
		for i, row := range all {
			out[i] = cobra.CompletionWithDesc(word(row))
		}
		return out, nil
	})
}

// upTo completes only the first n arguments.
func upTo(n int, f cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= n {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f(cmd, args, typed)
	}
}

func (a *app) completeMembers(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return words(a, func(ctx context.Context, c *client.Client) iter.Seq2[api.Member, error] {
		return c.Members.All(ctx, client.ListMembersOptions{Query: typed})
	}, memberWord)
}

// memberWord is the completion for a member. For API keys it is the name, because their email is only a placeholder.
func memberWord(m api.Member) (word, meaning string) {
	if m.PrincipalType == api.PrincipalAPIKey {
		return m.Name, "API key, " + m.RoleName + ", " + m.Status
	}
	return m.Email, m.RoleName + ", " + m.Status
}

// completeProjectMembers completes the project first, then the members of the chosen project.
func (a *app) completeProjectMembers(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.completeProjectSlugs(cmd, args, typed)
	}
	return a.completion(func(ctx context.Context, c *client.Client) ([]cobra.Completion, error) {
		p, err := findProject(ctx, c, args[0])
		if err != nil {
			return nil, err
		}
		ms, err := first(mostWords, c.ProjectMembers.All(ctx, p.ID, client.ListMembersOptions{Query: typed}))
		out := make([]cobra.Completion, len(ms))
		for i, m := range ms {
			out[i] = cobra.CompletionWithDesc(memberWord(accountView(m)))
		}
		return out, err
	})
}

func (a *app) completeRoles(scope string) cobra.CompletionFunc {
	return a.roleWords(scope, func(r api.Role) (string, string) { return r.Slug, r.Name })
}

func (a *app) completeRoleIDs(scope string) cobra.CompletionFunc {
	return a.roleWords(scope, func(r api.Role) (string, string) { return r.ID, r.Name })
}

func (a *app) roleWords(scope string, word func(api.Role) (string, string)) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return words(a, func(ctx context.Context, c *client.Client) iter.Seq2[api.Role, error] { return rolesOf(ctx, c, scope) }, word)
	}
}

func (a *app) completePermissions(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	// The last of several names, which are separated by commas, is the one being typed.
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	return a.completion(func(ctx context.Context, c *client.Client) ([]cobra.Completion, error) {
		ps, err := c.Permissions.List(ctx, "")
		out := make([]cobra.Completion, len(ps))
		for i, p := range ps {
			out[i] = cobra.CompletionWithDesc(before+p.Name, p.Description)
		}
		return out, err
	})
}

func (a *app) completeAPIKeys(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return words(a, apiKeys, func(k api.APIKey) (string, string) { return k.ID, k.Name })
}

// completeKeys completes names of API keys.
func (a *app) completeKeys(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return words(a, apiKeys, func(k api.APIKey) (string, string) { return k.Name, k.KeyPrefix + "…, " + keyStatus(k) })
}

func apiKeys(ctx context.Context, c *client.Client) iter.Seq2[api.APIKey, error] {
	return c.APIKeys.All(ctx, client.ListAPIKeysOptions{})
}

func (a *app) completeProjects(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return words(a, projects, func(p api.Project) (string, string) { return p.ID, p.Name })
}

func (a *app) completeProjectSlugs(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return words(a, projects, func(p api.Project) (string, string) { return p.Slug, p.Name })
}

func projects(ctx context.Context, c *client.Client) iter.Seq2[api.Project, error] {
	return c.Projects.All(ctx, client.ListProjectsOptions{})
}

func (a *app) completeInvitations(project *string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return a.completion(func(ctx context.Context, c *client.Client) ([]cobra.Completion, error) {
			o, err := a.invitationsTo(ctx, c, *project)
			if err != nil {
				return nil, err
			}
			invs, err := first(mostWords, c.Invitations.All(ctx, o))
			out := make([]cobra.Completion, len(invs))
			for i, inv := range invs {
				out[i] = cobra.CompletionWithDesc(inv.Email, inv.RoleName+", "+inv.State)
			}
			return out, err
		})
	}
}
