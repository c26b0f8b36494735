package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/client"
)

// A shell waits for the answer with the cursor standing still.
const completionTimeout = 3 * time.Second

// completion asks the server for what could stand at the cursor. When that fails there is simply nothing to offer.
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

func (a *app) completeMembers(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completion(func(ctx context.Context, c *client.Client) ([]cobra.Completion, error) {
		page, err := c.Members.List(ctx, client.ListMembersOptions{Query: typed, ListOptions: client.ListOptions{Limit: 1000}})
		if err != nil {
			return nil, err
		}
		var words []cobra.Completion
		for _, m := range page.Data {
			words = append(words, cobra.CompletionWithDesc(m.Email, m.RoleName+", "+m.Status))
		}
		return words, nil
	})
}

func (a *app) completeRoles(scope string) cobra.CompletionFunc {
	return a.roleWords(scope, func(r api.Role) cobra.Completion { return cobra.CompletionWithDesc(r.Slug, r.Name) })
}

func (a *app) completeRoleIDs(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.roleWords(api.ScopeAccount, func(r api.Role) cobra.Completion { return cobra.CompletionWithDesc(r.ID, r.Name) })(cmd, args, typed)
}

func (a *app) roleWords(scope string, word func(api.Role) cobra.Completion) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return a.completion(func(ctx context.Context, c *client.Client) ([]cobra.Completion, error) {
			roles, err := collect(c.Roles.All(ctx, client.ListRolesOptions{Scope: scope}))
			if err != nil {
				return nil, err
			}
			var words []cobra.Completion
			for _, r := range roles {
				words = append(words, word(r))
			}
			return words, nil
		})
	}
}

func (a *app) completeAPIKeys(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.completion(func(ctx context.Context, c *client.Client) ([]cobra.Completion, error) {
		keys, err := collect(c.APIKeys.All(ctx, client.ListAPIKeysOptions{}))
		if err != nil {
			return nil, err
		}
		var words []cobra.Completion
		for _, k := range keys {
			words = append(words, cobra.CompletionWithDesc(k.ID, k.Name))
		}
		return words, nil
	})
}

func (a *app) completeProjects(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.completion(func(ctx context.Context, c *client.Client) ([]cobra.Completion, error) {
		projects, err := collect(c.Projects.All(ctx, client.ListProjectsOptions{}))
		if err != nil {
			return nil, err
		}
		var words []cobra.Completion
		for _, p := range projects {
			words = append(words, cobra.CompletionWithDesc(p.ID, p.Name))
		}
		return words, nil
	})
}
