package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"raff/internal/audit"
	"raff/internal/rafftest"
	"raff/internal/server"
	"raff/internal/signin"
)

// rollout is a database with two nodes and key files with one key and with two.
type rollout struct {
	database, oldFile, newFile, first, second string

	logs  []rafftest.Account
	names atomic.Int64
}

func newRollout(t *testing.T) *rollout {
	t.Helper()
	dir := t.TempDir()
	r := &rollout{database: rafftest.PostgresURL(t), oldFile: filepath.Join(dir, "old.key"), newFile: filepath.Join(dir, "new.key")}
	r.first = createKey(t, r.oldFile, false)
	b, err := os.ReadFile(r.oldFile)
	if err != nil {
		t.Fatal(err)
	}
	write(t, r.newFile, string(b))
	r.second = createKey(t, r.newFile, true)
	return r
}

func (r *rollout) start(t *testing.T, file string, more ...rafftest.Option) *rafftest.Server {
	t.Helper()
	return rafftest.Start(t, append(more, rafftest.OnDatabase(r.database), rafftest.WithSealKeys(file))...)
}

// command opens the database like a command of the operator.
func (r *rollout) command(t *testing.T, do func(*server.Server, *bytes.Buffer) error) (string, error) {
	t.Helper()
	s, err := server.Open(t.Context(), server.Config{Database: r.database, PublicURL: "http://127.0.0.1", SealKeyFile: r.newFile, Mode: server.Looking})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var out bytes.Buffer
	err = do(s, &out)
	return out.String(), err
}

// use creates an account on each node, changes every account on each node, seals on each, and verifies all logs on each.
func (r *rollout) use(t *testing.T, nodes ...*rafftest.Server) {
	t.Helper()
	for _, n := range nodes {
		name := fmt.Sprint("shop", r.names.Add(1))
		r.logs = append(r.logs, n.NewAccount(t, name, name+"@example.com"))
		for _, l := range r.logs {
			n.Do(t, "POST", "/api/v1/projects", l.Key, map[string]any{"name": fmt.Sprint("Project ", r.names.Add(1))}).Want(t, http.StatusCreated)
		}
		seal(t, n)
	}
	for i, n := range nodes {
		found, err := n.Node.Audit().Verify(t.Context(), audit.Check{})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range found {
			if v.Broken != "" {
				t.Errorf("node %d: %s", i, v.Broken)
			}
		}
	}
}

// TestSealKeyRollout gives a new seal key to one node after the other, and rotates, while both write. At every step, each node seals what
// the other one wrote, and no log fails verification on either.
func TestSealKeyRollout(t *testing.T) {
	r := newRollout(t)
	a := r.start(t, r.oldFile)
	b := r.start(t, r.oldFile, rafftest.WithoutAccount())
	r.use(t, a, b)
	rotate := func(s *server.Server, out *bytes.Buffer) error {
		return s.RotateKeys(t.Context(), out, server.Rotation{})
	}
	list := func(s *server.Server, out *bytes.Buffer) error { return s.PrintKeys(t.Context(), out) }

	b.Stop()
	b = r.start(t, r.newFile, rafftest.WithoutAccount())
	r.use(t, a, b)
	if _, err := r.command(t, rotate); err == nil || !strings.Contains(err.Error(), "do not have the key "+r.second) {
		t.Errorf("rotated while a server does not have the key: %v", err)
	}
	if out, err := r.command(t, list); err != nil || !strings.Contains(out, r.second+"  not active") {
		t.Errorf("listed: %v\n%s", err, out)
	}
	r.use(t, a, b)

	a.Stop()
	a = r.start(t, r.newFile, rafftest.WithoutAccount())
	r.use(t, a, b)
	ctx, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	for _, n := range []*rafftest.Server{a, b} {
		writing.Go(func() {
			for ctx.Err() == nil {
				if res := n.Do(t, "POST", "/api/v1/projects", r.logs[0].Key, map[string]any{"name": fmt.Sprint("Project ", r.names.Add(1))}); res.Status != http.StatusCreated {
					t.Errorf("while the key is rotated: %d %s", res.Status, res.Body)
					return
				}
			}
		})
	}
	out, err := r.command(t, rotate)
	stop()
	writing.Wait()
	if err != nil || !strings.Contains(out, "The key "+r.second+" signs the audit logs.") {
		t.Fatalf("rotated: %v\n%s", err, out)
	}
	r.use(t, a, b)
	if out, err := r.command(t, list); err != nil || !strings.Contains(out, r.second+"  signs") || !strings.Contains(out, r.first+"  verifies") {
		t.Errorf("listed: %v\n%s", err, out)
	}
	// A log gets its first seal when all nodes have seen that all sign with the key.
	rafftest.Eventually(t, "all logs are sealed", func() bool {
		seal(t, a)
		return !slices.ContainsFunc(r.logs, func(l rafftest.Account) bool {
			v := verifiedAlone(t, a, l)
			return v.Seals == 0 || v.Unsealed > 0
		})
	})
	for _, l := range r.logs {
		if v := verified(t, a, l); v.Keyed != 1 {
			t.Errorf("the log of an account created during the rollout has its first seal with a key at %d: %+v", v.Keyed, v)
		}
		if id := askDatabase(t, r.database, "SELECT key_id FROM audit_heads WHERE account_id = '"+l.AccountID+"'"); id != r.second {
			t.Errorf("the last seal is made with the key %s, want %s", id, r.second)
		}
	}
	if _, err := server.Open(t.Context(), server.Config{Database: r.database, PublicURL: "http://127.0.0.1", SealKeyFile: r.oldFile}); err == nil || !strings.Contains(err.Error(), "--seal-key-file") {
		t.Errorf("a node without the active key starts: %v", err)
	}
}

// TestSigningKeyRotation replaces the key that recognizes known browsers while two nodes run. A browser that is known stays known on both,
// until the older keys are removed.
func TestSigningKeyRotation(t *testing.T) {
	r := newRollout(t)
	a := r.start(t, r.oldFile)
	b := r.start(t, r.oldFile, rafftest.WithoutAccount())
	a.NewMember(t, "alice@example.com", "Alice", a.RoleID(t, "account", "member"))
	token := func(n *rafftest.Server) string {
		t.Helper()
		session, err := n.Node.SignIn().SignIn(t.Context(), signin.SignIn{Email: "alice@example.com", Password: rafftest.Password})
		if err != nil {
			t.Fatal(err)
		}
		me, err := n.Node.Service().Session(t.Context(), session)
		if err != nil {
			t.Fatal(err)
		}
		one, err := n.Node.SignIn().DeviceToken(me.User)
		if err != nil {
			t.Fatal(err)
		}
		return one
	}
	known := func(n *rafftest.Server, token string) bool {
		t.Helper()
		if _, err := n.Node.SignIn().SignIn(t.Context(), signin.SignIn{Email: "alice@example.com", Password: rafftest.Password, Device: token}); err != nil {
			t.Fatal(err)
		}
		return askDatabase(t, r.database, "SELECT COALESCE(details::jsonb->>'new_browser', 'false') FROM audit_events WHERE action = 'user.signed_in' ORDER BY at DESC LIMIT 1") == "false"
	}
	before := token(a)
	check := func(when string, want bool, tokens ...string) {
		t.Helper()
		for i, n := range []*rafftest.Server{a, b} {
			for _, one := range tokens {
				if known(n, one) != want {
					t.Errorf("%s: node %d knows the browser: %t, want %t", when, i, !want, want)
				}
			}
		}
	}
	check("before", true, before)
	out, err := r.command(t, func(s *server.Server, out *bytes.Buffer) error {
		return s.RotateKeys(t.Context(), out, server.Rotation{Signing: true})
	})
	if err != nil || !strings.Contains(out, "signs challenges") {
		t.Fatalf("rotated: %v\n%s", err, out)
	}
	after := token(b)
	check("after the rotation", true, before, after)
	if _, err := r.command(t, func(s *server.Server, out *bytes.Buffer) error { return s.ForgetSigningKeys(t.Context(), out) }); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*rafftest.Server{a, b} {
		if _, err := n.Node.RunJob(t.Context(), "keys"); err != nil {
			t.Fatal(err)
		}
	}
	check("after the older key was removed", false, before)
	check("after the older key was removed", true, after)
}
