package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

const (
	helpWidth = 100 // line width, unless the terminal is narrower
	indent    = "  "
)

// help writes the help of a command.
func (a *app) help(cmd *cobra.Command, _ []string) {
	width := helpWidth
	if n := room(a.out); n > 0 {
		width = min(n, helpWidth)
	}
	var b strings.Builder
	section := func(title, body string) {
		if body = strings.TrimRight(body, "\n"); body != "" {
			b.WriteString("\n" + bold.render(title) + "\n" + body + "\n")
		}
	}

	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.Join(wrap(paragraph, width), "\n") + "\n")
	}
	usage := cmd.UseLine()
	if cmd.HasAvailableSubCommands() {
		usage = cmd.CommandPath() + " <command> [flags]"
	}
	section("Usage", indent+usage)
	section("Aliases", strings.Join(indented(cmd.Aliases), "\n"))
	section("Commands", commands(cmd))
	section("Examples", strings.Join(indented(strings.Split(cmd.Example, "\n")), "\n"))
	section("Flags", cmd.LocalFlags().FlagUsagesWrapped(width))
	section("Global flags", cmd.InheritedFlags().FlagUsagesWrapped(width))
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nHelp for a command: " + cmd.CommandPath() + " <command> --help\n")
	}
	_ = a.emit(a.out, b.String()) // nowhere to report the error
}

func commands(cmd *cobra.Command) string {
	var b strings.Builder
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			b.WriteString(indent + c.Name() + strings.Repeat(" ", c.NamePadding()-len(c.Name())) + indent + c.Short + "\n")
		}
	}
	return b.String()
}

func indented(lines []string) []string {
	var out []string
	for _, l := range lines {
		if l != "" {
			l = indent + l
		}
		out = append(out, l)
	}
	return out
}

// helpCommand is "raff help", which fails for a command that does not exist.
func (a *app) helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Show the help of a command",
		ValidArgsFunction: func(_ *cobra.Command, args []string, typed string) (words []cobra.Completion, _ cobra.ShellCompDirective) {
			of, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			for _, c := range of.Commands() {
				if c.IsAvailableCommand() && strings.HasPrefix(c.Name(), typed) {
					words = append(words, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return words, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			of := root
			for _, name := range args {
				next, rest, err := of.Find([]string{name})
				if err != nil || len(rest) > 0 {
					return a.noSuchCommand(of, []string{name})
				}
				of = next
			}
			return of.Help()
		},
	}
}

// strictCompletion makes "raff completion" fail for a shell that it does not know.
func (a *app) strictCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Args = a.noSuchCommand
			c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			c.SuggestionsMinimumDistance = 2
		}
	}
}
