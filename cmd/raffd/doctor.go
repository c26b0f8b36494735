package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"raff/internal/redaction"
	"raff/internal/server"
)

func doctorCommand() *cobra.Command {
	var s serving
	var output string
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check the whole installation, and say how to fix each problem",
		Long: "Check the settings of raffd serve, the files and who can read them, the database and its schema, the catalog, the clock,\n" +
			"the mail server (by signing in to it, without sending anything), the certificate and the public URL. It changes\n" +
			"nothing and can run while the server runs: run it as the server's user, with the server's settings.\n\n" +
			"Each finding is ok, a warning or a problem, followed by what to do about it. The exit status is 1 if there is a\n" +
			"problem, and 0 if there are only warnings.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			found, err := s.examine(cmd)
			if err != nil {
				return err
			}
			return report(cmd.OutOrStdout(), found, output)
		},
	}
	s.flags(c.Flags())
	outputFlag(c, &output)
	return c
}

// examine checks everything. Settings that cannot be read are a finding, and then nothing else can be checked.
func (s *serving) examine(cmd *cobra.Command) ([]server.Finding, error) {
	const check = "settings"
	from, err := s.read(cmd)
	if err != nil {
		return []server.Finding{{
			Check: check, Result: server.Problem, Message: redaction.Text(err.Error()), Advice: "correct the setting; raffd config check shows where each comes from",
		}}, nil
	}
	file := "no configuration file"
	c, err := readConfig(cmd)
	if err != nil {
		return nil, err
	}
	if c.path != "" {
		file = c.path
	}
	var found []server.Finding
	if len(s.Invalid()) == 0 {
		found = append(found, server.Finding{Check: check, Result: server.OK, Message: fmt.Sprintf("valid (%s)", file)})
	}
	if mode, open := c.exposed(from); open {
		found = append(found, server.Finding{
			Check: check, Result: server.Problem, Message: fmt.Sprintf("%s contains secrets, and every user of this machine can read it (mode %04o)", c.path, mode),
			Advice: "chmod o-rwx " + c.path + ", and change the passwords in it",
		})
	}
	s.Logger = warnings(io.Discard)
	return append(found, server.Doctor(cmd.Context(), s.Config)...), nil
}

// report prints the findings. Problems are an error.
func report(w io.Writer, found []server.Finding, output string) error {
	count := map[string]int{}
	for _, f := range found {
		count[f.Result]++
	}
	problems, warnings := count[server.Problem], count[server.Warning]
	if output == "json" {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		if err := e.Encode(map[string]any{"findings": found, "problems": problems, "warnings": warnings}); err != nil {
			return err
		}
	} else if err := printFindings(w, found); err != nil {
		return err
	}
	if problems > 0 {
		return fmt.Errorf("%s found", amount(problems, "problem"))
	}
	return nil
}

func printFindings(w io.Writer, found []server.Finding) error {
	var text strings.Builder
	warnings := 0
	for _, f := range found {
		fmt.Fprintf(&text, "%-8s %-11s %s\n", f.Result, f.Check, f.Message)
		if f.Advice != "" {
			fmt.Fprintf(&text, "%-20s → %s\n", "", f.Advice)
		}
		if f.Result == server.Warning {
			warnings++
		}
	}
	if warnings > 0 {
		fmt.Fprintf(&text, "%s.\n", amount(warnings, "warning"))
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func amount(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
