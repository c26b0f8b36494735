package cli

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "update docs/cli.md")

const referenceFile = "../../docs/cli.md"

func TestReferenceIsUpToDate(t *testing.T) {
	want := reference()
	if *update {
		if err := os.WriteFile(referenceFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/cli.md does not match the commands. Update it with: go test ./internal/cli -run Reference -update")
	}
}

func TestEveryCommandHasUsage(t *testing.T) {
	for _, cmd := range commandsBelow((&app{}).root()) {
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: the short help %q must not be empty or end with a period", cmd.CommandPath(), cmd.Short)
		}
		if cmd.Use != strings.ToLower(cmd.Use) {
			t.Errorf("%s: arguments are written like <id> and [id]: %s", cmd.CommandPath(), cmd.Use)
		}
		if !cmd.HasSubCommands() && !strings.Contains(cmd.Example, cmd.CommandPath()) {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
	}
}

func reference() string {
	root := (&app{}).root()
	var b strings.Builder
	fmt.Fprintf(&b, "# Command line\n\n%s\n\n```sh\n%s\n```\n\n## Flags of every command\n\n", root.Long, root.Example)
	flagTable(&b, root.PersistentFlags())
	b.WriteString("\nA flag overrides its environment variable, which overrides the profile in `~/.raff/config.yaml`\n(or the file that `RAFF_CONFIG` names).\n\n## Commands\n\n")
	all := commandsBelow(root)
	for _, cmd := range all {
		if !cmd.HasSubCommands() {
			fmt.Fprintf(&b, "* [`%s`](#%s) %s\n", cmd.CommandPath(), strings.ReplaceAll(cmd.CommandPath(), " ", "-"), cmd.Short)
		}
	}
	for _, cmd := range all {
		if !cmd.HasSubCommands() {
			section(&b, cmd)
		}
	}
	return b.String()
}

func section(b *strings.Builder, cmd *cobra.Command) {
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n```\n%s\n```\n", cmd.CommandPath(), text, cmd.UseLine())
	if len(cmd.Aliases) > 0 {
		fmt.Fprintf(b, "\nAlso: `%s`.\n", strings.Join(cmd.Aliases, "`, `"))
	}
	if cmd.LocalNonPersistentFlags().HasAvailableFlags() {
		b.WriteByte('\n')
		flagTable(b, cmd.LocalNonPersistentFlags())
	}
	fmt.Fprintf(b, "\n```sh\n%s\n```\n", cmd.Example)
}

func flagTable(b *strings.Builder, flags *pflag.FlagSet) {
	b.WriteString("| flag | meaning |\n|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		kind, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if kind != "" {
			name += " " + kind
		}
		switch f.DefValue {
		case "", "false", "0", "[]":
		default:
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", name, usage)
	})
}

// commandsBelow returns our own commands in order, without those that cobra adds for help and completion.
func commandsBelow(cmd *cobra.Command) (all []*cobra.Command) {
	for _, c := range cmd.Commands() {
		all = append(append(all, c), commandsBelow(c)...)
	}
	return all
}
