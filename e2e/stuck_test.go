package e2e

import (
	"net/http"
	"testing"

	"raff/internal/rafftest"
)

// The database cancels statements that hang, and their connections become available again, also through a pooler.
// Migrations may take longer.
func TestStuckStatementEnds(t *testing.T) {
	t.Parallel()
	for name, pooled := range map[string]bool{"direct": false, "pooled": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := rafftest.PostgresURL(t)
			db := openSQL(t, url)
			defer func() { _ = db.Close() }()
			do := func(statement string) {
				t.Helper()
				if _, err := db.ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			do(`CREATE FUNCTION slowly() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
				IF EXISTS (SELECT 1 FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.memberships') THEN PERFORM pg_sleep(7); END IF; END $$`)
			do("CREATE EVENT TRIGGER slowly ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION slowly()")
			to := url
			if pooled {
				to = rafftest.BehindPgBouncer(t, url)
			}
			srv := rafftest.Start(t, rafftest.OnDatabase(to+"&statement_timeout=6s"))
			do("DROP EVENT TRIGGER slowly")
			do("CREATE FUNCTION stick() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'stuck' THEN PERFORM pg_sleep(600); END IF; RETURN NEW; END $$")
			do("CREATE TRIGGER stick BEFORE INSERT ON projects FOR EACH ROW EXECUTE FUNCTION stick()")
			statuses := parallel(14, func(int) int {
				return srv.Do(t, http.MethodPost, "/api/v1/projects", srv.Key, map[string]any{"name": "stuck"}).Status
			})
			if statuses[http.StatusServiceUnavailable] != 14 {
				t.Errorf("statuses: %v, want 14 times 503", statuses)
			}
			srv.Do(t, http.MethodPost, "/api/v1/projects", srv.Key, map[string]any{"name": "free"}).Want(t, http.StatusCreated)
		})
	}
}

// TestStatementsHaveATimeout checks the default settings.
func TestStatementsHaveATimeout(t *testing.T) {
	t.Parallel()
	database := rafftest.PostgresURL(t)
	srv := rafftest.Start(t, rafftest.OnDatabase(database))
	db := openSQL(t, database)
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE seen (setting TEXT);
		CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen SELECT current_setting('statement_timeout'); RETURN NEW; END $$;
		CREATE TRIGGER note BEFORE INSERT ON projects FOR EACH ROW EXECUTE FUNCTION note()`); err != nil {
		t.Fatal(err)
	}
	srv.Do(t, http.MethodPost, "/api/v1/projects", srv.Key, map[string]any{"name": "seen"}).Want(t, http.StatusCreated)
	if got := askDatabase(t, database, "SELECT setting FROM seen"); got != "9s" {
		t.Errorf("statement_timeout is %s, want 9s", got)
	}
}

// TestDatabaseOutOfResources lets PostgreSQL report that it has no memory, no space for locks, or no disk space left.
func TestDatabaseOutOfResources(t *testing.T) {
	t.Parallel()
	database := rafftest.PostgresURL(t)
	srv := rafftest.Start(t, rafftest.OnDatabase(database))
	db := openSQL(t, database)
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN IF NEW.name ~ '^[0-9]' THEN RAISE EXCEPTION 'made up' USING ERRCODE = NEW.name; END IF; RETURN NEW; END $$;
		CREATE TRIGGER fail BEFORE INSERT ON projects FOR EACH ROW EXECUTE FUNCTION fail()`); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"53000", "53100", "53200", "53300", "53400", "57014", "55P03"} {
		r := srv.Do(t, http.MethodPost, "/api/v1/projects", srv.Key, map[string]any{"name": code}).Want(t, http.StatusServiceUnavailable)
		if r.Header.Get("Retry-After") == "" {
			t.Errorf("%s: the response has no Retry-After", code)
		}
	}
	srv.Do(t, http.MethodPost, "/api/v1/projects", srv.Key, map[string]any{"name": "free"}).Want(t, http.StatusCreated)
}
