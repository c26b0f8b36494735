package cli_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"raff/internal/cli"
)

// After Ctrl-C, the table of an import has only the rows of which it is not known whether the server added them; the
// summary counts the others.
func TestTableAfterCtrlC(t *testing.T) {
	srv := serve(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var requests atomic.Int32
	between(t, srv, func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/bulk") || requests.Add(1) != 2 {
			return false
		}
		interrupt()
		return true // an empty response: nobody knows what the server did
	})
	rows := []string{"email,role"}
	for i := range 250 {
		rows = append(rows, fmt.Sprintf("person%d@example.com,member", i))
	}
	var out, errs strings.Builder
	code := cli.Run(ctx, []string{"member", "import", "-"}, strings.NewReader(strings.Join(rows, "\n")), &out, &errs)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if code != 130 || len(lines) != 1+100 || strings.Count(out.String(), "  unknown  ") != 100 || !strings.Contains(lines[1], "person100@") {
		t.Errorf("exit code %d, %d lines, want the title and 100 unknown rows:\n%.600s", code, len(lines), out.String())
	}
	if want := "100 invited, 100 unknown, 50 not sent. To continue, import the same file again"; !strings.Contains(errs.String(), want) {
		t.Errorf("no %q in\n%s", want, errs.String())
	}
}
