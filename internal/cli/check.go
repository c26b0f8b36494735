package cli

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"raff/api/client"
)

func (a *app) check() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "check <file>",
		Short: "Compare decisions with expectations, for CI",
		Long: `Compare the decisions of the server with the expectations in a YAML file. Each line is
"MEMBER may PERMISSION in RESOURCE: yes" or "… : no"; without "in RESOURCE", it applies to the account.
Each difference is explained, and the exit code is then 1.

With --catalog, the decisions are those that the server would make with another catalog: the roles of the members stay
the same, and system roles get the permissions of that catalog.

` + subjectHelp + `

` + placeHelp,
		Example: `raff check access.yaml
raff check access.yaml --catalog proposed.yaml

# access.yaml
bob@example.com may vm.create in web: yes
bob@example.com may vm.delete in web: no
deploy may account.members.view: no`,
		Args: args("a file"),
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			all, err := expectations(args[0])
			if err != nil {
				return err
			}
			var catalog []byte
			if file != "" {
				if catalog, err = os.ReadFile(file); err != nil {
					return usageError{sentence(err.Error())}
				}
				if len(catalog) == 0 {
					return usageError{"The catalog " + file + " is empty."}
				}
			}
			wrong := 0
			for _, e := range all {
				d, err := a.decide(ctx, c, string(catalog), e.who, e.permission, e.place)
				if err != nil {
					return err
				}
				if d.Decision == e.want {
					continue
				}
				wrong++
				if _, err := fmt.Fprintf(a.out, "%s:%d: expected %s: %s\n", args[0], e.line, yesNo(e.want), because(d)); err != nil {
					return err
				}
			}
			if wrong > 0 {
				return fmt.Errorf("%d of %s differ", wrong, count(len(all), "expectation"))
			}
			_, err = fmt.Fprintf(a.out, "%s, no difference.\n", count(len(all), "expectation"))
			return err
		}),
	}
	cmd.Flags().StringVar(&file, "catalog", "", "a proposed catalog (`file`)")
	return cmd
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// expectation is one line of the file.
type expectation struct {
	line                   int
	who, permission, place string
	want                   bool
}

func expectations(file string) (all []expectation, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, usageError{sentence(err.Error())}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, usageError{fmt.Sprintf("The file %s is not YAML: %v.", file, err)}
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, usageError{"The file " + file + " has no expectations. Write lines such as: bob@example.com may vm.create in web: yes"}
	}
	lines := doc.Content[0].Content
	for i := 0; i < len(lines); i += 2 {
		e, ok := expected(lines[i].Value, lines[i+1].Value)
		if !ok {
			return nil, usageError{fmt.Sprintf("Line %d of %s: write MEMBER may PERMISSION in RESOURCE: yes (or no).", lines[i].Line, file)}
		}
		e.line = lines[i].Line
		all = append(all, e)
	}
	return all, nil
}

func expected(text, want string) (e expectation, ok bool) {
	who, rest, ok := strings.Cut(text, " may ")
	permission, place, in := strings.Cut(strings.TrimSpace(rest), " in ")
	e = expectation{who: strings.TrimSpace(who), permission: strings.TrimSpace(permission), place: strings.TrimSpace(place)}
	switch strings.ToLower(want) {
	case "yes", "true":
		e.want = true
	case "no", "false":
	default:
		ok = false
	}
	return e, ok && e.who != "" && e.permission != "" && !strings.Contains(e.permission, " ") && (!in || e.place != "")
}
