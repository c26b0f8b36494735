package cli

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

// brandingNames are the fields of an account's branding with the words of their flags.
var brandingNames = []struct{ flag, name, what string }{
	{"product-name", "product_name", "`name` of the product on pages and in emails"},
	{"accent-color", "accent_color", "`color` of buttons and links, such as #702070; it must be readable on white"},
	{"support", "support", "`email` or https URL where people get help"},
	{"mail-sender-name", "mail_sender_name", "`name` of the sender of emails; without it, the name of the product"},
	{"mail-footer", "mail_footer", "`text` at the end of emails"},
}

// brandingFlags are the flags of the fields of an account's branding.
type brandingFlags struct {
	values map[string]*string
	flags  []string
	logo   string
}

func addBranding(cmd *cobra.Command) *brandingFlags {
	b := &brandingFlags{values: map[string]*string{}}
	for _, f := range brandingNames {
		b.values[f.flag] = cmd.Flags().String(f.flag, "", f.what)
		b.flags = append(b.flags, f.flag)
	}
	noFiles(cmd, b.flags...)
	cmd.Flags().StringVar(&b.logo, "logo", "", "`file` with a square logo: PNG, 32 to 1024 pixels, at most 32 KiB")
	b.flags = append(b.flags, "logo")
	return b
}

// fields are the fields that are given.
func (b *brandingFlags) fields(cmd *cobra.Command) (map[string]*string, error) {
	fields := map[string]*string{}
	for _, f := range brandingNames {
		if cmd.Flags().Changed(f.flag) {
			fields[f.name] = b.values[f.flag]
		}
	}
	if cmd.Flags().Changed("logo") {
		text := ""
		if b.logo != "" {
			file, err := os.ReadFile(b.logo)
			if err != nil {
				return nil, usageError{"--logo: " + err.Error()}
			}
			text = base64.StdEncoding.EncodeToString(file)
		}
		fields["logo"] = &text
	}
	return fields, nil
}

func (a *app) operatorAccountBranding(o *operatorFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "branding <id>",
		Short: "Set the name, logo, color, support contact and emails' sender and footer of an account",
		Long: `Set what an account has of its own in place of the brand of the server: on its pages, on the pages of its invitations, and in
its emails. Fields that you do not name stay as they are; an empty value removes a field, and --clear removes all of them.`,
		Example: `raff operator account branding 019… --product-name Shop --accent-color '#702070' --support help@example.com
raff operator account branding 019… --logo shop.png
raff operator account branding 019… --support ''
raff operator account branding 019… --clear`,
		Args: args(accountArg),
	}
	branding := addBranding(cmd)
	flags := branding.flags
	cmd.Flags().Bool("clear", false, "remove all fields")
	require(cmd, atLeastOne(append(flags, "clear")...), func(cmd *cobra.Command) error {
		if cmd.Flags().Changed("clear") && given(cmd, flags) > 0 {
			return errors.New("--clear removes all fields, so that others cannot be set with it")
		}
		return nil
	})
	cmd.RunE = a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
		change := api.Null[map[string]*string]()
		if !cmd.Flags().Changed("clear") {
			fields, err := branding.fields(cmd)
			if err != nil {
				return err
			}
			change = api.Some(fields)
		}
		return a.changeOperated(ctx, c, args[0], api.UpdateOperatedAccountRequest{Branding: change})
	})
	return cmd
}

// brandingText names the fields that an account has of its own, on one line.
func brandingText(b api.AccountBranding) string {
	var all []string
	for i, v := range []*string{b.ProductName, b.AccentColor, b.Support, b.MailSenderName, b.MailFooter} {
		if v != nil {
			all = append(all, brandingNames[i].name+"="+strings.Join(strings.Fields(*v), " "))
		}
	}
	if b.LogoSHA256 != nil {
		all = append(all, "logo="+(*b.LogoSHA256)[:12])
	}
	return strings.Join(all, ", ")
}
