package cli_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"raff/api"
	"raff/api/client"
	"raff/internal/cli"
	"raff/internal/rafftest"
)

// between is a proxy between raff and its server. A request that answer handles does not reach the server.
func between(t *testing.T, srv *rafftest.Server, answer func(w http.ResponseWriter, r *http.Request) bool) {
	t.Helper()
	to, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answer(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(p.Close)
	t.Setenv("RAFF_API_URL", p.URL)
}

// An import that is interrupted reports which rows were invited, unknown and not sent, and the failed rows can be imported
// again without inviting anyone twice.
func TestInterruptedImport(t *testing.T) {
	for name, breakOff := range map[string]func(w http.ResponseWriter, interrupt func()){
		"the server fails": func(w http.ResponseWriter, _ func()) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, `{"error":"Internal Server Error","message":"internal error","code":"internal"}`)
		},
		"Ctrl-C": func(_ http.ResponseWriter, interrupt func()) { interrupt() },
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t)
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			var requests atomic.Int32
			between(t, srv, func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/bulk") || requests.Add(1) != 2 {
					return false
				}
				breakOff(w, interrupt)
				return true
			})
			dir := t.TempDir()
			people, again := filepath.Join(dir, "people.csv"), filepath.Join(dir, "again.csv")
			rows := []string{"email,role"}
			for i := range 250 {
				rows = append(rows, fmt.Sprintf("person%d@example.com,member", i))
			}
			if err := os.WriteFile(people, []byte(strings.Join(rows, "\n")), 0o600); err != nil {
				t.Fatal(err)
			}

			var out, errs strings.Builder
			want := 1
			if name == "Ctrl-C" {
				want = 130
			}
			if code := cli.Run(ctx, []string{"member", "import", people, "--failed", again, "-o", "csv"}, strings.NewReader(""), &out, &errs); code != want {
				t.Errorf("exit code %d, want %d", code, want)
			}
			if want := "150 rows of 250 failed: 100 invited, 100 unknown, 50 not sent"; !strings.Contains(errs.String(), want) {
				t.Errorf("no %q in\n%s", want, errs.String())
			}
			if n := strings.Count(out.String(), ",invited,"); n != 100 || !strings.Contains(out.String(), "\n251,person249@example.com,member,not sent,,") {
				t.Errorf("%d rows invited, want 100\n%s", n, out.String())
			}
			if code := cli.Run(t.Context(), []string{"member", "import", again}, strings.NewReader(""), &out, &errs); code != 0 {
				t.Errorf("second import: exit code %d\n%s", code, errs.String())
			}
			if want := "150 rows: 150 invited."; !strings.Contains(errs.String(), want) {
				t.Errorf("no %q in\n%s", want, errs.String())
			}
		})
	}
}

// After Ctrl-C during a request, the request is finished and its rows have results; the other rows are not sent. Only the
// summary is printed.
func TestCtrlCFinishesRequest(t *testing.T) {
	srv := serve(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	between(t, srv, func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/bulk") {
			interrupt()
		}
		return false
	})
	rows := []string{"email,role"}
	for i := range 150 {
		rows = append(rows, fmt.Sprintf("person%d@example.com,member", i))
	}
	var out, errs strings.Builder
	code := cli.Run(ctx, []string{"member", "import", "-", "-o", "csv"}, strings.NewReader(strings.Join(rows, "\n")), &out, &errs)
	if code != 130 || !strings.Contains(errs.String(), "Interrupted. 50 rows of 150 failed: 100 invited, 50 not sent.") {
		t.Errorf("exit code %d, want 130 and 100 invited:\n%s", code, errs.String())
	}
	if strings.Contains(errs.String(), "Error") || strings.Contains(errs.String(), "context") {
		t.Errorf("stderr has more than the summary:\n%s", errs.String())
	}
}

// audit tail reports that the server is unavailable, and misses no events.
func TestTailReconnects(t *testing.T) {
	srv := serve(t)
	var away atomic.Bool
	between(t, srv, func(w http.ResponseWriter, _ *http.Request) bool {
		if away.Load() {
			w.WriteHeader(http.StatusBadGateway)
		}
		return away.Load()
	})
	owner, err := client.New(srv.URL, srv.Key)
	if err != nil {
		t.Fatal(err)
	}
	create := func(name string) {
		if _, err := owner.Projects.Create(t.Context(), api.CreateProjectRequest{Name: &name}); err != nil {
			t.Fatal(err)
		}
	}

	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var out, errs screen
	code := make(chan int, 1)
	go func() {
		code <- cli.Run(ctx, []string{"audit", "tail", "--interval", "100ms", "-o", "csv"}, strings.NewReader(""), &out, &errs)
	}()
	out.wait(t, ",api_key.created,")
	create("First")
	out.wait(t, ",First,")
	away.Store(true)
	create("Second")
	errs.wait(t, "Waiting for it.")
	create("Third")
	away.Store(false)
	out.wait(t, ",Third,")
	errs.wait(t, "The server is available again.")
	interrupt()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d, want 0\n%s", got, errs.String())
	}
	var order []string
	for line := range strings.Lines(out.String()) {
		if f := strings.Split(line, ","); f[4] == "project.created" && f[7] != "Default" {
			order = append(order, f[7])
		}
	}
	if !slices.Equal(order, []string{"First", "Second", "Third"}) || strings.Count(out.String(), "created_at,") != 1 {
		t.Errorf("events %v, want each once and in order, under one heading\n%s", order, out.String())
	}
}

// The event of a long transaction can appear after an event of a later transaction.
func TestTailShowsLateCommits(t *testing.T) {
	type event struct {
		id string
		at time.Time
	}
	start := time.Now().UTC().Truncate(time.Second)
	var mu sync.Mutex
	events := []event{{"first", start}}
	commit := func(id string, at time.Time) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, event{id, at})
		slices.SortFunc(events, func(a, b event) int { return b.at.Compare(a.at) })
	}
	var looks atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		looks.Add(1)
		since, _ := time.Parse(time.RFC3339Nano, r.URL.Query().Get("since"))
		var rows []string
		for _, e := range events {
			if !e.at.Before(since) {
				rows = append(rows, fmt.Sprintf(`{"id":%q,"target_name":%[1]q,"details":{},"created_at":%q}`, e.id, e.at.Format(time.RFC3339Nano)))
			}
		}
		fmt.Fprintf(w, `{"success":true,"total":%d,"data":[%s]}`, len(rows), strings.Join(rows, ","))
	}))
	defer srv.Close()
	t.Setenv("RAFF_CONFIG", filepath.Join(t.TempDir(), "none.yaml"))

	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var out, errs screen
	code := make(chan int, 1)
	go func() {
		args := []string{"audit", "tail", "--interval", "100ms", "-o", "json", "--api-url", srv.URL, "--api-key", "raff_00fake00"}
		code <- cli.Run(ctx, args, strings.NewReader(""), &out, &errs)
	}()
	out.wait(t, `"first"`)
	commit("second", start.Add(10*time.Second))
	out.wait(t, `"second"`)
	commit("late", start.Add(time.Second))
	out.wait(t, `"late"`)
	before := looks.Load()
	waitFor(t, "three more polls", func() bool { return looks.Load() > before+3 })
	interrupt()
	<-code
	if n := strings.Count(out.String(), "\n"); n != 3 {
		t.Errorf("%d lines, want each event once\n%s%s", n, out.String(), errs.String())
	}
}
