package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raff/internal/factor"
	"raff/internal/rafftest"
	"raff/internal/server"
	"raff/internal/signin"
	"raff/internal/team"
)

// withApp adds an authenticator app to a person on a node, and returns its secret.
func withApp(t *testing.T, node *rafftest.Server, email string) (secret string) {
	t.Helper()
	svc := node.Node.SignIn()
	token, err := svc.SignIn(t.Context(), signin.SignIn{Email: email, Password: rafftest.Password})
	if err != nil {
		t.Fatal(err)
	}
	me, err := node.Node.Service().Session(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := svc.AddTOTP(t.Context(), me, team.Proof{Password: rafftest.Password}); err != nil {
		t.Fatal(err)
	}
	if secret, _, err = svc.PendingTOTP(t.Context(), me); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.ConfirmTOTP(t.Context(), me, factor.Code(secret, node.Now())); err != nil {
		t.Fatal(err)
	}
	return secret
}

// TestSecretsKeyRollout gives a new key to one node after the other, and rotates. At every step, somebody adds an app on each node and
// signs in with it on the others.
func TestSecretsKeyRollout(t *testing.T) {
	dir := t.TempDir()
	oldFile, newFile := filepath.Join(dir, "old.key"), filepath.Join(dir, "new.key")
	first := createKey(t, oldFile, false)
	b, err := os.ReadFile(oldFile)
	if err != nil {
		t.Fatal(err)
	}
	write(t, newFile, string(b))
	second := createKey(t, newFile, true)
	database := rafftest.PostgresURL(t)
	start := func(t *testing.T, file string, more ...rafftest.Option) *rafftest.Server {
		t.Helper()
		return rafftest.Start(t, append(more, rafftest.OnDatabase(database), rafftest.WithSecretsKeys(file))...)
	}
	a := start(t, oldFile)
	people, passed := 0, time.Duration(0)
	everywhere := func(t *testing.T, key string, nodes ...*rafftest.Server) {
		t.Helper()
		for _, on := range nodes {
			people++
			email := "person" + string(rune('a'+people)) + "@example.com"
			a.NewMember(t, email, "Alice", a.RoleID(t, "account", "member"))
			secret := withApp(t, on, email)
			if stored := askDatabase(t, database, "SELECT encode(f.secret, 'escape') FROM factors f JOIN users u ON u.id = f.user_id WHERE u.email = '"+email+"'"); !strings.Contains(stored, key) {
				t.Errorf("a new app is stored as %s, want the key %s", stored, key)
			}
			for i, node := range nodes {
				for _, n := range nodes { // a code can be used once, and the clocks of nodes agree
					n.Advance(time.Minute)
				}
				passed += time.Minute
				awaiting, err := node.Node.SignIn().SignIn(t.Context(), signin.SignIn{Email: email, Password: rafftest.Password})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := node.Node.SignIn().ProveCode(t.Context(), awaiting, signin.CodeTry{Code: factor.Code(secret, node.Now())}); err != nil {
					t.Errorf("node %d: sign in with an app that was added elsewhere: %v", i, err)
				}
			}
		}
	}
	everywhere(t, first, a)
	command := func(do func(*server.Server, *bytes.Buffer) error) (string, error) {
		s, err := server.Open(t.Context(), server.Config{Database: database, PublicURL: "http://127.0.0.1", SecretsKeyFile: newFile, Mode: server.Looking})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		var out bytes.Buffer
		err = do(s, &out)
		return out.String(), err
	}
	rotate := func(s *server.Server, out *bytes.Buffer) error {
		return s.RotateKeys(t.Context(), out, server.Rotation{})
	}
	list := func(s *server.Server, out *bytes.Buffer) error { return s.PrintKeys(t.Context(), out) }

	next := start(t, newFile, rafftest.WithoutAccount())
	next.Advance(passed)
	everywhere(t, first, a, next)
	if _, err := command(rotate); err == nil || !strings.Contains(err.Error(), "do not have the key "+second) {
		t.Errorf("rotated while a server does not have the key: %v", err)
	}
	everywhere(t, first, a, next)
	if out, err := command(list); err != nil || !strings.Contains(out, "not active") {
		t.Errorf("listed: %v\n%s", err, out)
	}
}

// TestSecretsKeyIsActivated rotates when all nodes have the key. They switch without a restart.
func TestSecretsKeyIsActivated(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "secrets.key")
	first := createKey(t, file, false)
	database := rafftest.PostgresURL(t)
	options := []rafftest.Option{rafftest.OnDatabase(database), rafftest.WithSecretsKeys(file)}
	t.Run("with the first key", func(t *testing.T) {
		a := rafftest.Start(t, options...)
		a.NewMember(t, "alice@example.com", "Alice", a.RoleID(t, "account", "member"))
		withApp(t, a, "alice@example.com")
	})
	second := createKey(t, file, true)
	options = append(options, rafftest.WithoutAccount())
	a, b := rafftest.Start(t, options...), rafftest.Start(t, options...)
	s, err := server.Open(t.Context(), server.Config{Database: database, PublicURL: "http://127.0.0.1", SecretsKeyFile: file, Mode: server.Looking})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	stored := func() string {
		return askDatabase(t, database, "SELECT encode(secret, 'escape') FROM factors LIMIT 1")
	}
	if !strings.Contains(stored(), first) {
		t.Errorf("before: %s", stored())
	}
	rafftest.Eventually(t, "both nodes are alive", func() bool { return a.Node.Nodes() == 2 && b.Node.Nodes() == 2 })
	var out bytes.Buffer
	if err := s.RotateKeys(t.Context(), &out, server.Rotation{}); err != nil || !strings.HasPrefix(out.String(), "1 of 1") {
		t.Errorf("rotated: %v, %s", err, &out)
	}
	if !strings.Contains(stored(), second) {
		t.Errorf("after: %s", stored())
	}
	out.Reset()
	if err := s.PrintKeys(t.Context(), &out); err != nil || !strings.Contains(out.String(), second+"  encrypts") || !strings.Contains(out.String(), first+"  decrypts") {
		t.Errorf("listed: %v\n%s", err, &out)
	}
}
