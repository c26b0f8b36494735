package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
)

// byID adds --id, which replaces the last argument of a command and is never taken as a name. Call it last, when the
// arguments and the function of the command are set.
func byID(cmd *cobra.Command, noun string) *cobra.Command {
	var id string
	cmd.Flags().StringVar(&id, "id", "", "`id` of the "+noun+", in place of the last argument")
	noFiles(cmd, "id")
	check, run := cmd.Args, cmd.RunE
	cmd.Args = func(cmd *cobra.Command, given []string) error {
		if !cmd.Flags().Changed("id") {
			return check(cmd, given)
		}
		if idIn(id) == "" {
			return fmt.Errorf("--id %q is not an id, which has the form 00000000-0000-0000-0000-000000000000", id)
		}
		if err := check(cmd, append(slices.Clip(given), id)); err != nil {
			switch {
			case check(cmd, given) == nil:
				return fmt.Errorf("use either --id or %q", given[len(given)-1])
			case len(given) == 0: // only members of a project have an argument before the last one
				return fmt.Errorf("%s requires %s, besides --id. See %[1]s --help", cmd.CommandPath(), projectArg)
			}
			return err
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, given []string) error {
		if id != "" {
			given = append(slices.Clip(given), id)
		}
		return run(cmd, given)
	}
	return cmd
}
