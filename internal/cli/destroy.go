package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

// destroyer is a command that asks for confirmation before it deletes something.
type destroyer struct {
	*app
	force bool
}

// addForce adds --force, which skips the confirmation.
func (a *app) addForce(cmd *cobra.Command) *destroyer {
	d := &destroyer{app: a}
	cmd.Flags().BoolVarP(&d.force, "force", "f", false, "do not ask for confirmation (required without a terminal)")
	return d
}

// asking runs next only if the user can be asked or --force is set.
func (d *destroyer) asking(next action) action {
	return func(ctx context.Context, c *client.Client, args []string) error {
		if err := d.mayAsk(); err != nil {
			return err
		}
		return next(ctx, c, args)
	}
}

// mayAsk returns an error unless the user can be asked or --force is set.
func (d *destroyer) mayAsk() error {
	if _, interactive := terminal(d.in); !interactive && !d.force {
		return usageError{"Cannot ask for confirmation, because standard input is not a terminal. Add --force to continue without confirmation."}
	}
	return nil
}

// confirm asks a yes/no question with the default no. The error is not nil if the answer is no.
func (d *destroyer) confirm(ctx context.Context, format string, args ...any) error {
	if d.force {
		return nil
	}
	fmt.Fprintf(d.err, "%s [y/N] ", clean(fmt.Sprintf(format, args...)))
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(d.in).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case s := <-answer:
		if s == "y" || s == "yes" {
			return nil
		}
	case <-ctx.Done(): // Ctrl-C
		fmt.Fprintln(d.err)
	}
	return errors.New("nothing was changed")
}

// writeDone writes a confirmation sentence, or the response in the chosen format.
func (a *app) writeDone(done *api.Done, format string, args ...any) error {
	if a.output.value != "table" {
		return writeOne(a, *done, doneColumns, nil)
	}
	_, err := fmt.Fprintln(a.out, clean(fmt.Sprintf(format, args...)))
	return err
}

var doneColumns = []column[api.Done]{
	{"", "success", func(d api.Done) string { return fmt.Sprint(d.Success) }},
	{"", "message", func(d api.Done) string { return d.Message }},
}
