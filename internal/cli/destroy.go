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

// destroyer is a command that takes something away: it says what, and asks first.
type destroyer struct {
	*app
	force bool
}

// addForce makes cmd such a command, with a flag not to ask.
func (a *app) addForce(cmd *cobra.Command) *destroyer {
	d := &destroyer{app: a}
	cmd.Flags().BoolVarP(&d.force, "force", "f", false, "do not ask (needed where nobody can be asked)")
	return d
}

// asking runs next only where somebody can be asked, or need not be.
func (d *destroyer) asking(next action) action {
	return func(ctx context.Context, c *client.Client, args []string) error {
		if _, interactive := terminal(d.in); !interactive && !d.force {
			return usageError{"Nobody can be asked, because standard input is not a terminal. To go on without asking, add --force."}
		}
		return next(ctx, c, args)
	}
}

// confirm asks a question of which the answer is no unless somebody says yes; an error says that it was no.
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

// writeDone says in a sentence, or in the answer's own words, that it is done.
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
