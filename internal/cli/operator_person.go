package cli

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

const personArg = "the person's email"

func (a *app) operatorPersonShow(o *operatorFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "show <email>",
		Aliases: []string{"get", "find"},
		Short:   "Show a person with their memberships in all accounts and how they sign in",
		Example: `raff operator person show alice@example.com`,
		Args:    args(personArg),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			p, err := c.People.Find(ctx, args[0])
			if err != nil {
				return err
			}
			return a.writePerson(p)
		}),
	}
}

func (a *app) operatorPersonLink(o *operatorFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "password-link <email>",
		Short: "Create a link that lets a person set a new password",
		Long: `Create a link that lets a person set a new password. It works once, within one hour. Setting the password ends all their
sessions. Anyone who opens the link is treated as the owner of the email: make sure that only this person gets it.`,
		Example: `raff operator person password-link alice@example.com`,
		Args:    args(personArg),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			p, err := c.People.Find(ctx, args[0])
			if err != nil {
				return err
			}
			link, err := c.People.PasswordLink(ctx, p.ID)
			if err != nil {
				return err
			}
			return writeOne(a, *link, []column[api.PasswordLink]{
				{"", "link", func(l api.PasswordLink) string { return l.Link }},
				{"", "expires_at", func(l api.PasswordLink) string { return moment(&l.ExpiresAt) }},
			}, []field{{"Link", link.Link}, {"Works until", moment(&link.ExpiresAt)}, {"Only for", p.Email}})
		}),
	}
}

func (a *app) operatorPersonReset(o *operatorFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reset-second-factors <email>",
		Short: "Remove all second factors of a person who lost them",
		Long: `Remove all second factors and recovery codes of a person who lost them, and end their sessions. Verify the identity of the
person first. A person who has no password, because they signed in only with passkeys, also needs a password link.`,
		Example: `raff operator person reset-second-factors alice@example.com`,
		Args:    args(personArg),
	}
	d := a.addForce(cmd)
	cmd.RunE = a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
		if err := d.mayAsk(); err != nil {
			return err
		}
		p, err := c.People.Find(ctx, args[0])
		if err != nil {
			return err
		}
		if err := d.confirm(ctx, "Remove the %s of %s, and end their sessions?", count(len(p.SecondFactors), "second factor"), p.Email); err != nil {
			return err
		}
		if p, err = c.People.ResetSecondFactors(ctx, p.ID); err != nil {
			return err
		}
		return a.writePerson(p)
	})
	return cmd
}

func (a *app) operatorPersonExport(o *operatorFlags) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "export <email>",
		Short: "Export all that is known of a person, except secrets, to a file",
		Long: `Export all that is known of a person, except secrets, to a file with lines of JSON: how they sign in, sessions, memberships and
invitations in all accounts, API keys they created, queued emails, and the events by and about them in all audit logs. The last line is a
manifest with the number of records of each type and hashes. If the command succeeds, the file is complete. It also exports somebody
who is or was invited and has not signed up.`,
		Example: `raff operator person export alice@example.com --file alice.ndjson`,
		Args:    args(personArg),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			var m *api.ExportManifest
			err := replaceFile(file, func(w io.Writer) (err error) {
				m, err = c.People.ExportEmail(ctx, args[0], w)
				return err
			})
			if err != nil {
				return err
			}
			return a.writeManifest(m)
		}),
	}
	cmd.Flags().StringVar(&file, "file", "", "`path` of the file to write; an existing one is replaced")
	require(cmd, each("file"))
	return cmd
}

func (a *app) writePerson(p *api.Person) error {
	factors := []string{}
	for _, f := range p.SecondFactors {
		factors = append(factors, f.Name+" ("+f.Kind+")")
	}
	in := map[bool]string{true: "yes", false: "no"}
	fields := []field{
		{"ID", p.ID}, {"Email", p.Email}, {"Name", p.Name}, {"Email verified", in[p.EmailVerified]}, {"Password", in[p.HasPassword]},
		{"Second factors", strings.Join(factors, ", ")}, {"Sessions", strconv.Itoa(len(p.Sessions))},
	}
	for _, m := range p.Memberships {
		place := m.AccountName
		if m.ProjectName != nil {
			place += " / " + *m.ProjectName
		}
		fields = append(fields, field{"Member of", place + ": " + m.RoleName + ", " + m.Status})
	}
	return writeOne(a, *p, operatedPersonColumns, append(fields, field{"Created", moment(&p.CreatedAt)}))
}

var operatedPersonColumns = []column[api.Person]{
	{"", "id", func(p api.Person) string { return p.ID }},
	{"", "email", func(p api.Person) string { return p.Email }},
	{"", "name", func(p api.Person) string { return p.Name }},
	{"", "second_factors", func(p api.Person) string { return strconv.Itoa(len(p.SecondFactors)) }},
	{"", "memberships", func(p api.Person) string { return strconv.Itoa(len(p.Memberships)) }},
}
