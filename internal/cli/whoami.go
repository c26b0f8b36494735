package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

func (a *app) whoami() *cobra.Command {
	return &cobra.Command{
		Use:   "whoami",
		Short: "Show the API key, its account and its permissions",
		Example: `raff whoami
raff whoami --profile staging -o json`,
		Args: args(),
		RunE: a.do(func(ctx context.Context, c *client.Client, _ []string) error {
			w, err := c.Whoami(ctx)
			if err != nil {
				return err
			}
			return writeOne(a, *w, whoamiColumns, whoamiFields(*w))
		}),
	}
}

var whoamiColumns = []column[api.Whoami]{
	{"", "principal_type", func(w api.Whoami) string { return w.Principal.Type }},
	{"", "principal_id", func(w api.Whoami) string { return w.Principal.ID }},
	{"", "name", func(w api.Whoami) string { return w.Principal.Name }},
	{"", "email", func(w api.Whoami) string { return w.Principal.Email }},
	{"", "account_id", func(w api.Whoami) string { return w.Account.ID }},
	{"", "account_name", func(w api.Whoami) string { return w.Account.Name }},
	{"", "role", roleSlug},
	{"", "permissions", func(w api.Whoami) string { return strings.Join(w.Permissions, " ") }},
}

func whoamiFields(w api.Whoami) []field {
	var projects []string
	for _, p := range w.Projects {
		projects = append(projects, p.Name+": "+p.Role+" ("+p.ID+")")
	}
	role := "none"
	if w.Role != nil {
		role = w.Role.Name + " (" + w.Role.Slug + ")"
	}
	email := w.Principal.Email
	if w.Principal.Type == api.PrincipalAPIKey {
		email = "" // the email of an API key is only a placeholder
	}
	return []field{
		{"Name", w.Principal.Name},
		{"Type", w.Principal.Type},
		{"ID", w.Principal.ID},
		{"Email", email},
		{"Member", text(w.Principal.MemberID)},
		{"Account", w.Account.Name + " (" + w.Account.ID + ")"},
		{"Role", role},
		{"Permissions", strings.Join(w.Permissions, "\n")},
		{"Projects", strings.Join(projects, "\n")},
	}
}

func roleSlug(w api.Whoami) string {
	if w.Role == nil {
		return ""
	}
	return w.Role.Slug
}
