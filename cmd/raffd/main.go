// Command raffd is the raff server: the API, the dashboard and the background jobs in one program.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unicode/utf8"

	"raff/internal/redaction"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs raffd with the given arguments and returns its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := textOnly(args, os.Environ())
	if err == nil {
		c := command()
		c.SetArgs(args)
		c.SetOut(stdout)
		c.SetErr(stderr)
		err = c.ExecuteContext(ctx)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "raffd:", redaction.Error(err))
	if errors.As(err, &usage{}) {
		return 2
	}
	return 1
}

// textOnly refuses arguments and environment variables that are not valid text, which the database cannot store. The
// error does not repeat them, because one may be a secret.
func textOnly(args, environment []string) error {
	for i, arg := range args {
		if !isText(arg) {
			return usage{fmt.Errorf("argument %d contains a NUL character or bytes that are not UTF-8: check the encoding of the terminal or script", i+1)}
		}
	}
	for _, e := range environment {
		if name, value, _ := strings.Cut(e, "="); strings.HasPrefix(name, "RAFF_") && !isText(value) {
			return usage{fmt.Errorf("the environment variable %s contains bytes that are not UTF-8: check its encoding", name)}
		}
	}
	return nil
}

func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// usage is a usage error; the program then exits with status 2.
type usage struct{ error }
