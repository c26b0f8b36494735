package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
	"raff/internal/uuid"
)

const (
	subjectHelp = `The member is an email, an id, an external id as ext:SOURCE:ID, or the name of an API key.`
	placeHelp   = `The resource is the slug, id or external id of a project; or TYPE:ID for a resource of another type that the
catalog declares. Without it, the permission is checked in the account.`
)

func (a *app) why() *cobra.Command {
	return &cobra.Command{
		Use:   "why <member> <permission> [resource]",
		Short: "Explain why someone may or may not do something",
		Long: `Explain why someone may or may not do something.

` + subjectHelp + `

` + placeHelp,
		Example: `raff why bob@example.com vm.create web
raff why deploy vm.delete web
raff why ext:okta:00u1 account.members.view`,
		Args: orOneMore("a resource", "a member", "a permission"),
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			place := ""
			if len(args) == 3 {
				place = args[2]
			}
			d, err := a.decide(ctx, c, "", args[0], args[1], place)
			if err != nil {
				return err
			}
			if a.output.value != "table" {
				return a.writeData(d)
			}
			_, err = fmt.Fprintln(a.out, because(d))
			return err
		}),
	}
}

// because returns the reason of a decision as text.
func because(d *api.Decision) string {
	if d.Context.Reason.Text != "" {
		return d.Context.Reason.Text
	}
	answer := "No"
	if d.Decision {
		answer = "Yes"
	}
	return answer + " (" + d.Context.Reason.Code + "). To see why, use an API key with the permission account.decisions.explain."
}

// decide requests a decision about a user or, if there is no such user, about an API key. catalog is a proposed catalog, or
// empty for the one in use.
func (a *app) decide(ctx context.Context, c *client.Client, catalog, who, permission, place string) (*api.Decision, error) {
	resource, err := resourceOf(ctx, c, place)
	if err != nil {
		return nil, err
	}
	evaluate := func(q api.EvaluationRequest) (*api.Decision, error) {
		if catalog == "" {
			return c.Decisions.Evaluate(ctx, q)
		}
		ds, err := c.Decisions.EvaluateProposed(ctx, catalog, []api.EvaluationRequest{q})
		if err != nil {
			return nil, err
		}
		return &ds[0], nil
	}
	var first *api.Decision
	for _, s := range []api.Subject{{Type: api.SubjectUser, ID: lowerID(who)}, {Type: api.SubjectAPIKey, ID: lowerID(who)}} {
		d, err := evaluate(api.EvaluationRequest{Subject: &s, Action: &api.Action{Name: permission}, Resource: &resource})
		if err != nil {
			return nil, err
		}
		if d.Context.Reason.Code != "subject_unknown" {
			return d, nil
		}
		if first == nil {
			first = d
		}
	}
	if strings.ContainsAny(who, "@:") || uuid.Valid(lowerID(who)) {
		return first, nil
	}
	k, err := findKey(ctx, c, who)
	if err != nil {
		return nil, err
	}
	return evaluate(api.EvaluationRequest{
		Subject: &api.Subject{Type: api.SubjectAPIKey, ID: k.ID}, Action: &api.Action{Name: permission}, Resource: &resource,
	})
}

// lowerID returns an id in lower case, and any other text unchanged.
func lowerID(said string) string {
	if id := idIn(said); id != "" {
		return id
	}
	return said
}

// resourceOf returns the resource that an argument identifies.
func resourceOf(ctx context.Context, c *client.Client, said string) (api.Resource, error) {
	if said == "" || said == api.ResourceAccount {
		w, err := c.Whoami(ctx)
		if err != nil {
			return api.Resource{}, err
		}
		return api.Resource{Type: api.ResourceAccount, ID: w.Account.ID}, nil
	}
	if kind, id, ok := strings.Cut(said, ":"); ok && kind != "ext" {
		return api.Resource{Type: kind, ID: id}, nil
	}
	return api.Resource{Type: api.ResourceProject, ID: lowerID(said)}, nil
}

func (a *app) whoCan() *cobra.Command {
	return &cobra.Command{
		Use:   "who-can <permission> [resource]",
		Short: "List the people and API keys that may do something",
		Long: `List the people and API keys that may do something.

` + placeHelp,
		Example: `raff who-can vm.delete web
raff who-can account.members.manage -o json`,
		Args: orOneMore("a resource", "a permission"),
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			place := ""
			if len(args) == 2 {
				place = args[1]
			}
			resource, err := resourceOf(ctx, c, place)
			if err != nil {
				return err
			}
			var found []allowed
			for _, kind := range []string{api.SubjectUser, api.SubjectAPIKey} {
				some, err := collect(c.Decisions.Subjects(ctx, kind, api.Action{Name: args[0]}, resource))
				if err != nil {
					return err
				}
				for _, s := range some {
					found = append(found, allowed{Type: s.Type, ID: s.ID})
				}
			}
			if err := explainAll(ctx, c, found, args[0], resource); err != nil {
				return err
			}
			return writeList(a, found, allowedColumns)
		}),
	}
}

// allowed is a subject that may do something.
type allowed struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Why  string `json:"why,omitempty"`
}

var allowedColumns = []column[allowed]{
	{"TYPE", "type", func(s allowed) string { return s.Type }},
	{"ID", "id", func(s allowed) string { return s.ID }},
	{"WHY", "why", func(s allowed) string { return s.Why }},
}

// maxQuestions is the maximum number of questions in a request.
const maxQuestions = 200

// explainAll fills in the reason for each subject.
func explainAll(ctx context.Context, c *client.Client, all []allowed, permission string, resource api.Resource) error {
	for start := 0; start < len(all); start += maxQuestions {
		some := all[start:min(start+maxQuestions, len(all))]
		questions := make([]api.EvaluationRequest, len(some))
		for i, s := range some {
			questions[i] = api.EvaluationRequest{Subject: &api.Subject{Type: s.Type, ID: s.ID}, Action: &api.Action{Name: permission}, Resource: &resource}
		}
		ds, err := c.Decisions.EvaluateAll(ctx, questions)
		if err != nil {
			return err
		}
		for i, d := range ds {
			some[i].Why = d.Context.Reason.Text
		}
	}
	return nil
}
