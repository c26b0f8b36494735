package client_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Who embeds the SDK embeds what it imports: the wire structs, the standard library and one rate limiter.
func TestImportingTheSDKPullsNothingElseIn(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "raff/client").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Fields(string(out)), []string{"golang.org/x/time/rate", "raff/api", "raff/client"}; !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("raff/client depends on %v, want %v", got, want)
	}
}
