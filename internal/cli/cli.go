// Package cli is the command line raff: one file per noun, each a thin layer over the SDK.
//
// A command either writes its complete result to standard output, in the format chosen with -o, or it writes one error
// to standard error and returns an exit code for the kind of error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"raff/api/client"
	"raff/internal/version"
)

// Exit codes.
const (
	exitOK       = 0
	exitFailure  = 1
	exitUsage    = 2
	exitNotFound = 3
	exitConflict = 4
	exitDenied   = 5

	exitInterrupted = 130 // the shell convention for a program that was ended by SIGINT
)

// finishGrace is how long a write may continue after Ctrl-C, to learn what the server did. A second Ctrl-C ends the
// program immediately.
const finishGrace = time.Minute

// app is one run of the program.
type app struct {
	in       io.Reader
	out, err io.Writer

	// The global flags as given; settings adds the environment and the configuration file.
	apiURL, apiKey, projectID, profile string
	output                             choice
	jq                                 jqFlag
	noColor                            bool

	cmd    *cobra.Command // the command that runs
	warned map[string]bool
	// keyFrom says where the API key of the client comes from.
	keyFrom string
	where   string // the slug of the project the command works in, once it is known
	failed  error  // the error of the command, as opposed to a usage error
	// operates is true for a command that calls the operator's API.
	operates bool
}

// Main runs raff as the program of this process. It returns the exit code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the next signal is not caught
	return Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

// Run runs raff with these arguments, without the program's name, and returns the exit code.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{in: stdin, out: stdout, err: stderr}
	if err := textOnly(args, os.Environ()); err != nil {
		a.report(err)
		return exitCode(err)
	}
	root := a.root() //nolint:contextcheck // commands get ctx when they run
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	a.strictCompletion(root)
	// The error of a command is kept in a.failed; an error returned here is a usage error.
	err := root.ExecuteContext(ctx)
	if err != nil {
		err = usageError{sentence(err.Error())}
	} else {
		err = a.failed
	}
	if err == nil {
		return exitOK
	}
	a.report(err)
	return exitCode(err)
}

// textOnly refuses arguments and environment variables that are not valid text, which the server does not accept. The
// error does not repeat them, because one may be a secret.
func textOnly(args, environment []string) error {
	for i, arg := range args {
		if !isText(arg) {
			return usageError{fmt.Sprintf("Argument %d contains a NUL character or bytes that are not UTF-8. Check the encoding of the terminal or script.", i+1)}
		}
	}
	for _, e := range environment {
		if name, value, _ := strings.Cut(e, "="); strings.HasPrefix(name, "RAFF_") && !isText(value) {
			return usageError{fmt.Sprintf("The environment variable %s contains bytes that are not UTF-8. Check its encoding.", name)}
		}
	}
	return nil
}

func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "raff",
		Short: "Manage the members, roles and permissions of a raff account",
		Long: `Manage the members, roles and permissions of a raff account.

Exit codes: 0 success, 1 failure, 2 usage error, 3 not found, 4 conflict, 5 not allowed,
130 interrupted.`,
		Example: `# once: store the server's URL and an API key
raff configure

# list the members of the account
raff member list

# invite someone
raff member add --email alice@example.com --role member`,
		Args: a.noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		Version:       version.Get().String(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetHelpFunc(a.help)
	root.SetHelpCommand(a.helpCommand(root))
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w. See %s --help", err, cmd.CommandPath())
	})
	f := root.PersistentFlags()
	f.StringVar(&a.apiURL, "api-url", "", "`URL` of the server (RAFF_API_URL, default "+defaultURL+")")
	f.StringVar(&a.apiKey, "api-key", "", "`secret` of an API key (prefer RAFF_API_KEY: other programs can see command lines)")
	f.StringVar(&a.projectID, "project-id", "", "`id` of the project to work in (RAFF_PROJECT_ID)")
	f.StringVar(&a.profile, "profile", "", "`name` of the profile in the configuration file (RAFF_PROFILE)")
	a.output = choice{value: "table", allowed: []string{"table", "json", "yaml", "csv"}}
	f.VarP(&a.output, "output", "o", "`format` of the output: "+a.output.list())
	f.StringVar(&a.jq.text, "jq", "", "filter JSON output with a jq `expression`, such as '.[].email'")
	f.BoolVar(&a.noColor, "no-color", false, "disable colors (NO_COLOR)")
	complete(root, "output", a.output.complete)
	complete(root, "profile", completeProfiles)
	complete(root, "project-id", a.completeProjects)
	for _, name := range []string{"api-url", "api-key", "jq"} {
		complete(root, name, cobra.NoFileCompletions)
	}

	root.AddCommand(a.configure(), a.profiles(), a.logout(), a.whoami(), a.account(), a.member(), a.invitation(), a.role(), a.permission(), a.key(), a.project(),
		a.audit(), a.externalID(), a.operator(), a.why(), a.whoCan(), a.check(), a.version())
	return root
}

// group is the command of a noun, with a subcommand per verb. The plural is an alias.
func (a *app) group(noun, plural, short string, verbs ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{
		Use:   noun,
		Short: short,
		Args:  a.noSuchCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	if plural != "" && plural != noun {
		g.Aliases = []string{plural}
	}
	g.AddCommand(verbs...)
	return g
}

func (a *app) noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	msg := fmt.Sprintf("%s has no command %q.", cmd.CommandPath(), args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		msg += " Did you mean " + strings.Join(near, " or ") + "?"
	}
	return errors.New(msg + fmt.Sprintf(" See %s --help.", cmd.CommandPath()))
}

// action is the function of a command that uses the server.
type action func(ctx context.Context, c *client.Client, args []string) error

// do makes the Run function of a command from an action.
func (a *app) do(run action) func(*cobra.Command, []string) error {
	return a.local(func(ctx context.Context, args []string) error {
		c, err := a.client()
		if err != nil {
			return err
		}
		return run(ctx, c, args)
	})
}

// local makes the Run function of a command that needs no server.
func (a *app) local(run func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.cmd = cmd
		if a.failed = a.jq.check(cmd, &a.output); a.failed == nil {
			a.failed = run(cmd.Context(), args)
		}
		return nil
	}
}

// client returns an SDK client for the configured server and API key. It does not connect yet.
func (a *app) client(opts ...client.Option) (*client.Client, error) {
	s, err := a.settings()
	if err != nil {
		return nil, err
	}
	if s.APIKey == "" {
		return nil, usageError{"No API key is configured. Run raff configure, or set RAFF_API_KEY."}
	}
	a.keyFrom = s.keyFrom
	return a.clientFor(s.profile, opts...)
}

// clientFor returns an SDK client for the settings of a profile.
func (a *app) clientFor(s profile, opts ...client.Option) (*client.Client, error) {
	opts = append([]client.Option{client.WithMaxRetries(3), client.WithFinishedWrites(finishGrace)}, opts...) // someone waits
	opts = append(opts, client.WithUserAgent("raff-cli/"+version.Get().Version), client.WithWarnings(a.warnOnce))
	if s.ProjectID != "" {
		opts = append(opts, client.WithProjectID(s.ProjectID))
	}
	c, err := client.New(s.APIURL, s.APIKey, opts...)
	if err != nil {
		return nil, usageError{err.Error()}
	}
	return c, nil
}

// warnOnce prints a warning once per run, however many clients are created.
func (a *app) warnOnce(message string) {
	if a.warned[message] {
		return
	}
	if a.warned == nil {
		a.warned = map[string]bool{}
	}
	a.warned[message] = true
	a.note("Warning: %s", message)
}

// note writes a message for the user to standard error.
func (a *app) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	// A command in the message stays on one line, so that it can be copied.
	if most := room(a.err); most > 0 && wide(text) > most && !strings.Contains(text, "raff ") {
		text = strings.Join(wrap(text, most), "\n")
	}
	_ = a.emit(a.err, text+"\n") // nowhere to report the error
}
