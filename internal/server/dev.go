package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"raff/internal/operator"
	"raff/internal/permission"
	"raff/internal/team"
)

// devFile records, next to the database, that the developer's account exists. It never contains the key.
const devFile = "dev.json"

// DevAccount is the developer's account, with a key for the operator's API.
type DevAccount struct {
	operator.CreatedAccount
	OperatorKey string
}

// DevAccount creates the account "Acme" in a new data folder; created is false if it already exists.
func (s *Server) DevAccount(ctx context.Context, folder string) (a DevAccount, created bool, err error) {
	path := filepath.Join(folder, devFile)
	if _, err := os.Stat(path); err == nil {
		return a, false, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return a, false, fmt.Errorf("look for the account: %w", err)
	}
	a.CreatedAccount, err = s.operator.CreateAccount(ctx, operator.Program, operator.NewAccount{Name: "Acme", OwnerEmail: "owner@example.com"})
	if err != nil {
		return a, false, err
	}
	_, a.OperatorKey, err = s.operator.CreateKey(ctx, operator.Program, operator.NewKey{Name: "Development", Scope: operator.ScopeWrite})
	if err != nil {
		return a, false, err
	}
	b, err := json.MarshalIndent(map[string]string{"account_id": a.AccountID}, "", "  ")
	if err != nil {
		return a, false, err
	}
	return a, true, os.WriteFile(path, append(b, '\n'), 0o600)
}

// shellQuoted quotes an argument for a shell if it needs it.
func shellQuoted(arg string) string {
	if strings.Trim(arg, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=-") == "" {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// Greet prints what a developer needs after starting a development server. program is how it was called.
func (s *Server) Greet(w io.Writer, program, url, folder string, a DevAccount, created bool) {
	key := "$RAFF_API_KEY"
	fmt.Fprintf(w, "\nraff is ready at %s   (data in %s, stop with Ctrl-C)\n", url, folder)
	if created {
		key = a.APIKey
		fmt.Fprintf(w, `
  Account    Acme, Owner owner@example.com
  Owner key  %s
             shown only once; save it:  export RAFF_API_KEY=%s
  Password   %s
             sets the Owner's password, once, and signs in
  Operator   for raff operator:  export RAFF_OPERATOR_URL=%s RAFF_OPERATOR_KEY=%s
`, a.APIKey, a.APIKey, a.OwnerLink, s.OperatorURL(), a.OperatorKey)
	} else {
		fmt.Fprintf(w, `
  Account    Acme, Owner owner@example.com. Its Owner key was shown when it was created.
  Password   to set a new one, run:
             %s user password-link --database %s --email owner@example.com
  API keys   to create one, sign in and open API keys
  Operator   listens at %s
`, program, shellQuoted(s.config.Database), s.OperatorURL())
	}
	fmt.Fprintf(w, `
Try:
  curl -s %[1]s/api/v1/members -H "X-API-Key: %[2]s"

  curl -s %[1]s/api/v1/members -H "X-API-Key: %[2]s" -H 'Content-Type: application/json' \
    -d '{"email": "alice@example.com", "role_id": "%[3]s"}'

The second command invites Alice as an Admin. No mail server is configured, so invitation links appear here.
Documentation: %[1]s/docs

`, url, key, team.SystemRoleID(permission.ScopeAccount, "admin"))
}
