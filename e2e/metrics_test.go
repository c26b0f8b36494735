package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// TestMetrics reads the metrics of a server after one of each event they count.
func TestMetrics(t *testing.T) {
	for name, more := range map[string][]rafftest.Option{"sqlite": nil, "postgres": {rafftest.OnPostgres(t)}} {
		t.Run(name, func(t *testing.T) {
			address := freeAddr(t)
			srv := rafftest.Start(t, append(more, rafftest.WithMetrics(address))...)
			id := srv.Invite(t, "bob@example.com", srv.RoleID(t, "account", "member"))
			srv.Do(t, "GET", "/api/v1/members/"+id, srv.Key, nil).Want(t, 200)
			srv.Do(t, "GET", "/api/v1/members/unknown", srv.Key, nil).Want(t, 404)
			srv.Do(t, "GET", "/sign-in", "", nil).Want(t, 200)
			srv.Do(t, "GET", "/"+id, "", nil).Want(t, 404)
			srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
			for _, email := range []string{"alice@example.com", "nobody@example.com"} {
				trySignIn(t, srv, email, "not the password of alice")
			}

			all := scrape(t, address)
			for _, want := range []string{
				`raff_http_requests_total{face="api",method="GET",route="/api/v1/members/{id}",status="200"} `,
				`raff_http_requests_total{face="api",method="GET",route="/api/v1/members/{id}",status="404"} 1`,
				`raff_http_requests_total{face="pages",method="GET",route="/sign-in",status="200"} 1`,
				`raff_http_requests_total{face="pages",method="GET",route="/",status="404"} 1`,
				`raff_http_request_duration_seconds_count{face="api",method="GET",route="/api/v1/members/{id}"} `,
				`raff_sign_in_refusals_total{reason="user.sign_in_failed"} 2`,
				`raff_db_transactions_total{outcome="committed"} `, `raff_db_transaction_duration_seconds_count `, `raff_db_lock_wait_seconds_count `,
				`raff_db_connections_max `, `raff_db_up 1`, `raff_outbox_mails 0`, `raff_outbox_oldest_seconds 0`, `raff_audit_unsealed_seconds `, `raff_nodes 1`,
				`raff_job_last_success_timestamp_seconds{job="heartbeat"} `, `raff_job_duration_seconds_count{job="seal"} `,
				`raff_build_info{commit="`, `go_goroutines `, `process_open_fds `,
			} {
				if !strings.Contains(all, "\n"+want) {
					t.Errorf("the metrics lack %s", want)
				}
			}
			if name == "sqlite" && (!strings.Contains(all, "\nraff_db_batch_changes_count ") || strings.Contains(all, "\nraff_db_wal_bytes 0\n")) {
				t.Error("the metrics lack the batches and the write-ahead log of SQLite")
			}
			if endless := strings.Contains(all, "\nraff_audit_partitions_ahead_seconds +Inf\n"); endless != (name == "sqlite") || !strings.Contains(all, "\nraff_audit_partitions_ahead_seconds ") {
				t.Errorf("partitions for ever: %v", endless)
			}
			for _, secret := range []string{id, srv.Key, "example.com"} {
				if strings.Contains(all, secret) {
					t.Errorf("the metrics contain %q", secret)
				}
			}
			if t.Failed() {
				t.Log(all)
			}
			srv.Do(t, "GET", "/metrics", srv.Key, nil).Want(t, 404) // not on the public listener
		})
	}
}

func trySignIn(t *testing.T, srv *rafftest.Server, email, password string) {
	t.Helper()
	form := url.Values{"email": {email}, "password": {password}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode < 400 {
		t.Fatalf("signing in with a wrong password: %d", res.StatusCode)
	}
}

func scrape(t *testing.T, address string) string {
	t.Helper()
	text, err := tryScrape(address)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// tryScrape is scrape for a server that may not be ready yet.
func tryScrape(address string) (string, error) {
	res, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("metrics: %s\n%s", res.Status, b)
	}
	return string(b), err
}

// TestProfiles reads profiles from the listener of the metrics. The API does not have them.
func TestProfiles(t *testing.T) {
	address := freeAddr(t)
	srv := rafftest.Start(t, rafftest.WithMetrics(address))
	for path, status := range map[string]int{"heap": http.StatusOK, "goroutine": http.StatusOK, "profile?seconds=1": http.StatusOK, "cmdline": http.StatusNotFound} {
		r, err := http.Get("http://" + address + "/debug/pprof/" + path)
		if err != nil {
			t.Fatal(err)
		}
		if _ = r.Body.Close(); r.StatusCode != status {
			t.Errorf("%s: status %d, want %d", path, r.StatusCode, status)
		}
	}
	srv.Do(t, http.MethodGet, "/debug/pprof/heap", srv.Key, nil).Want(t, http.StatusNotFound)
}
