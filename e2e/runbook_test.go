package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"raff/internal/rafftest"
)

const operations = "../docs/operations"

// TestRunbookMetricsExist: every metric that the documentation, an alert or the dashboard names is in the metrics of a server.
func TestRunbookMetricsExist(t *testing.T) {
	t.Parallel()
	address := freeAddr(t)
	certFile, keyFile := pair(t, t.TempDir(), 1, year())
	srv := rafftest.Start(t, rafftest.WithMetrics(address))
	secure := freeAddr(t)
	serveWith(t, "https://raff.example.com", "--tls-cert", certFile, "--tls-key", keyFile, "--metrics-listen", secure)
	srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	trySignIn(t, srv, "alice@example.com", "not the password of alice")
	all := scrape(t, address)
	rafftest.Eventually(t, "metrics of the server with a certificate", func() bool {
		more, err := tryScrape(secure)
		all += more
		return err == nil && strings.Contains(more, "raff_tls_")
	})
	exists := map[string]bool{}
	for line := range strings.Lines(all) {
		if !strings.HasPrefix(line, "#") {
			name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			name, _, _ = strings.Cut(name, "{")
			exists[name] = true
		}
	}
	files, err := filepath.Glob(operations + "/*")
	if err != nil || len(files) < 5 {
		t.Fatalf("%v, %v", files, err)
	}
	metric := regexp.MustCompile(`\b(?:raff|go|process)_[a-z0-9_]+[a-z0-9]\b`)
	named := 0
	for _, file := range append(files, "../docs/operations.md") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range metric.FindAllString(string(b), -1) {
			if strings.HasPrefix(name, "raff_serving") || strings.HasPrefix(name, "raff_owner") || strings.HasPrefix(name, "raff_account") {
				continue // roles of the database, and objects of Terraform
			}
			named++
			if !exists[name] && !exists[name+"_count"] {
				t.Errorf("%s names %s, which does not exist", filepath.Base(file), name)
			}
		}
	}
	if named < 60 {
		t.Errorf("only %d metrics are named: are the files still there?", named)
	}
}

// rule is an alert of Prometheus.
type rule struct {
	Alert, Expr         string
	For                 string
	Labels, Annotations map[string]string
}

// TestAlertsAreExplained: every alert has its section in the runbook, and every section its alert.
func TestAlertsAreExplained(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(operations + "/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var alerts struct {
		Groups []struct {
			Name  string
			Rules []rule
		}
	}
	d := yaml.NewDecoder(strings.NewReader(string(b)))
	d.KnownFields(true)
	if err := d.Decode(&alerts); err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile(operations + "/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range alerts.Groups[0].Rules {
		names = append(names, r.Alert)
		if r.Annotations["runbook"] != "runbook.md#"+strings.ToLower(r.Alert) || r.Annotations["summary"] == "" || r.Labels["severity"] == "" || r.Expr == "" {
			t.Errorf("incomplete alert %+v", r)
		}
		_, section, ok := strings.Cut(string(runbook), "\n### "+r.Alert+"\n")
		section, _, _ = strings.Cut(section, "\n### ")
		metric := regexp.MustCompile(`raff_[a-z_]+[a-z]|\bup\b`).FindString(r.Expr)
		if name := strings.TrimSuffix(metric, "_bucket"); !ok || !strings.Contains(section, "`"+name+"`") {
			t.Errorf("the runbook does not explain %s with %s", r.Alert, name)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^### (Raff\w+)$`).FindAllStringSubmatch(string(runbook), -1) {
		if !slices.Contains(names, m[1]) {
			t.Errorf("there is no alert %s", m[1])
		}
	}
}

// TestDashboard checks the form of the dashboard; TestRunbookMetricsExist checks its metrics.
func TestDashboard(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(operations + "/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Title  string
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ H, W, X, Y int }
			Targets []struct{ Expr, RefID string }
		}
	}
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	seen := map[[2]int]string{}
	for _, p := range d.Panels {
		at := [2]int{p.GridPos.X, p.GridPos.Y}
		if p.Title == "" || len(p.Targets) == 0 || seen[at] != "" || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d %q is incomplete or covers %q", p.ID, p.Title, seen[at])
		}
		seen[at] = p.Title
		for _, target := range p.Targets {
			if strings.Count(target.Expr, "(") != strings.Count(target.Expr, ")") || strings.Count(target.Expr, "{") != strings.Count(target.Expr, "}") {
				t.Errorf("%s: %s", p.Title, target.Expr)
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d panels", len(seen))
	}
}
