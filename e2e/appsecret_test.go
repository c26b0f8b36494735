package e2e

import (
	"bytes"
	"encoding/hex"
	"log/slog"
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

// TestAppSecretsAreEncrypted begins without a key, encrypts what exists, and rotates the key. People sign in all the time.
func TestAppSecretsAreEncrypted(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		const email = "alice@example.com"
		srv.NewMember(t, email, "Alice", srv.RoleID(t, "account", "member"))
		svc := srv.Node.SignIn()
		token, err := svc.SignIn(t.Context(), signin.SignIn{Email: email, Password: rafftest.Password})
		if err != nil {
			t.Fatal(err)
		}
		me, err := srv.Node.Service().Session(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := svc.AddTOTP(t.Context(), me, team.Proof{Password: rafftest.Password}); err != nil {
			t.Fatal(err)
		}
		secret, _, err := svc.PendingTOTP(t.Context(), me)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := svc.ConfirmTOTP(t.Context(), me, factor.Code(secret, srv.Now())); err != nil {
			t.Fatal(err)
		}
		stored := func() string {
			read := "SELECT hex(secret) FROM factors"
			if !strings.HasPrefix(srv.Database, "sqlite:") {
				read = "SELECT encode(secret, 'hex') FROM factors"
			}
			b, err := hex.DecodeString(askDatabase(t, srv.Database, read))
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		if stored() != secret {
			t.Fatalf("without a key, %q is stored", stored())
		}

		file := filepath.Join(t.TempDir(), "secrets.key")
		first := createKey(t, file, false)
		later := time.Minute // a code can be used once
		signIn := func() *rafftest.Server {
			t.Helper()
			node := rafftest.Start(t, rafftest.OnDatabase(srv.Database), rafftest.WithoutAccount(), rafftest.WithSecretsKeys(file))
			node.Advance(later)
			later += time.Minute
			awaiting, err := node.Node.SignIn().SignIn(t.Context(), signin.SignIn{Email: email, Password: rafftest.Password})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := node.Node.SignIn().ProveCode(t.Context(), awaiting, signin.CodeTry{Code: factor.Code(secret, node.Now())}); err != nil {
				t.Errorf("sign in with the app: %v", err)
			}
			return node
		}
		signIn() // what was stored before the key still works
		rotate(t, srv.Database, file, "1 of 1")
		if s := stored(); strings.Contains(s, secret) || !strings.Contains(s, first) {
			t.Errorf("with a key, %q is stored", s)
		}
		signIn()
		refusesToStart(t, srv.Database, "")
		refusesToStart(t, srv.Database, filepath.Join(t.TempDir(), "other.key"))

		second := createKey(t, file, true)
		signIn() // with both keys
		both, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		newest, _, _ := strings.Cut(string(both), "\n")
		alone := filepath.Join(t.TempDir(), "alone.key")
		write(t, alone, newest+"\n")
		refusesKeys(t, srv.Database, alone) // what is stored still has the first key
		for _, wrong := range []string{"", alone} {
			if got := secretsFinding(t, srv.Database, wrong); got.Result != server.Problem || !strings.Contains(got.Message, first) {
				t.Errorf("raffd doctor with the key file %q: %+v", wrong, got)
			}
		}
		if got := secretsFinding(t, srv.Database, file); got.Result != server.OK {
			t.Errorf("raffd doctor with both keys: %+v", got)
		}
		rotate(t, srv.Database, file, "1 of 1")
		rotate(t, srv.Database, file, "0 of 1")
		if s := stored(); !strings.Contains(s, second) || strings.Contains(s, first) {
			t.Errorf("with a new key, %q is stored", s)
		}
		write(t, file, newest+"\n")
		node := signIn() // with the new key alone

		// A new app is encrypted from the start, also before it is confirmed.
		if err := node.Node.SignIn().ResetFactors(t.Context(), email); err != nil {
			t.Fatal(err)
		}
		if token, err = node.Node.SignIn().SignIn(t.Context(), signin.SignIn{Email: email, Password: rafftest.Password}); err != nil {
			t.Fatal(err)
		}
		if me, err = node.Node.Service().Session(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if _, err := node.Node.SignIn().AddTOTP(t.Context(), me, team.Proof{Password: rafftest.Password}); err != nil {
			t.Fatal(err)
		}
		if secret, _, err = node.Node.SignIn().PendingTOTP(t.Context(), me); err != nil || strings.Contains(stored(), secret) {
			t.Errorf("a new app: %v, %q is stored", err, stored())
		}
		if _, err := node.Node.SignIn().ConfirmTOTP(t.Context(), me, factor.Code(secret, node.Now())); err != nil || strings.Contains(stored(), secret) {
			t.Errorf("a confirmed app: %v, %q is stored", err, stored())
		}
	})
}

func createKey(t *testing.T, file string, rotate bool) (id string) {
	t.Helper()
	id, err := server.CreateKeyFile(file, rotate)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// rotate is raffd secrets rotate.
func rotate(t *testing.T, database, file, want string) {
	t.Helper()
	s, err := server.Open(t.Context(), server.Config{Database: database, PublicURL: "http://127.0.0.1", SecretsKeyFile: file, Mode: server.Looking})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var out bytes.Buffer
	if err := s.RotateKeys(t.Context(), &out, server.Rotation{Force: true}); err != nil || !strings.HasPrefix(out.String(), want) {
		t.Errorf("%s, %v; want %s", &out, err, want)
	}
}

// refusesToStart opens a server with another key file, which it creates, or without one.
func refusesToStart(t *testing.T, database, file string) {
	t.Helper()
	if file != "" {
		createKey(t, file, false)
	}
	refusesKeys(t, database, file)
}

// refusesKeys opens a server with a key file that does not have the keys it needs.
func refusesKeys(t *testing.T, database, file string) {
	t.Helper()
	s, err := server.Open(t.Context(), server.Config{Database: database, PublicURL: "http://127.0.0.1", SecretsKeyFile: file})
	if err == nil {
		_ = s.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "--secrets-key-file") {
		t.Errorf("a server with the key file %q: %v", file, err)
	}
}

// secretsFinding is what raffd doctor says about the keys of authenticator apps.
func secretsFinding(t *testing.T, database, file string) server.Finding {
	t.Helper()
	c := server.Config{Database: database, PublicURL: "http://127.0.0.1", SecretsKeyFile: file, Logger: slog.New(slog.DiscardHandler)}
	for _, f := range server.Doctor(t.Context(), c) {
		if f.Check == "secrets" {
			return f
		}
	}
	return server.Finding{}
}
