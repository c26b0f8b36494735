package server

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"raff/internal/operator"
	"raff/internal/operatorapi"
	"raff/internal/team"
)

// The operator's commands, which have the database. They print what they did.

// OperatorKey is a new key for the operator's API. ExpiresAt is nil if it never expires.
type OperatorKey struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Scope     string     `json:"scope"`
	Key       string     `json:"key"`
	ExpiresAt *time.Time `json:"expires_at"`
}

// Print writes the key in a human-readable form.
func (k OperatorKey) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "Operator key  %s  (id %s, scope %s)\n\nThe key is shown only once.\n", k.Key, k.ID, k.Scope)
	return err
}

// CreateOperatorKey creates a key for the operator's API. lifetime is how long it works; 0 means forever.
func (s *Server) CreateOperatorKey(ctx context.Context, name, scope string, lifetime time.Duration) (OperatorKey, error) {
	n := operator.NewKey{Name: name, Scope: operator.Scope(scope)}
	if lifetime > 0 {
		n.ExpiresAt = s.service.Now().Add(lifetime)
	}
	k, secret, err := s.operator.CreateKey(ctx, operator.Program, n)
	out := OperatorKey{ID: k.ID, Name: k.Name, Scope: string(k.Scope), Key: secret}
	if !k.ExpiresAt.IsZero() {
		at := k.ExpiresAt.UTC()
		out.ExpiresAt = &at
	}
	return out, err
}

// PrintOperatorKeys lists the operator keys.
func (s *Server) PrintOperatorKeys(ctx context.Context, w io.Writer) error {
	keys, err := s.operator.Keys(ctx)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tNAME\tSCOPE\tKEY\tEXPIRES\tLAST USED")
	for _, k := range keys {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s…\t%s\t%s\n", k.ID, k.Name, k.Scope, k.Prefix, moment(k.ExpiresAt), moment(k.LastUsedAt))
	}
	return t.Flush()
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

// RevokeOperatorKey revokes an operator key and returns its name.
func (s *Server) RevokeOperatorKey(ctx context.Context, id string) (name string, err error) {
	k, err := s.operator.RevokeKey(ctx, operator.Program, id)
	return k.Name, err
}

// accountsAtOnce is how many accounts PrintAccounts reads at once.
const accountsAtOnce = 500

// HasAccounts reports whether the database has an account. A new database has none.
func (s *Server) HasAccounts(ctx context.Context) (bool, error) {
	found, _, err := s.operator.Accounts(ctx, operator.AccountFilter{Page: team.Page{Limit: 1, SkipTotal: true}})
	return len(found) > 0, err
}

// PrintAccounts lists the accounts that a query selects: a part of the name or of the Owner's email, or an id.
func (s *Server) PrintAccounts(ctx context.Context, w io.Writer, query, state string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tNAME\tSTATE\tOWNER")
	f := operator.AccountFilter{Query: query, State: team.AccountState(state), Page: team.Page{Limit: accountsAtOnce, SkipTotal: true}}
	for {
		found, _, err := s.operator.Accounts(ctx, f)
		if err != nil {
			return err
		}
		for _, a := range found {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", a.ID, a.Name, a.State, a.Owner.Email)
		}
		if len(found) < accountsAtOnce {
			return t.Flush()
		}
		last := found[len(found)-1]
		f.After = &team.Cursor{At: last.CreatedAt, ID: last.ID}
	}
}

// PrintAccount prints an account with its limits and their usage.
func (s *Server) PrintAccount(ctx context.Context, w io.Writer, id string) error {
	a, u, err := s.operator.Account(ctx, id)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	state := string(a.State)
	if a.Reason != "" {
		state += ": " + a.Reason
	}
	if !a.DeleteAt.IsZero() {
		state += ", can be resumed until " + moment(a.DeleteAt)
	}
	fmt.Fprintf(t, "Account\t%s\t%s\n", a.ID, a.Name)
	fmt.Fprintf(t, "State\t%s\t\n", state)
	fmt.Fprintf(t, "Owner\t%s\t(user %s, member %s)\n", a.Owner.Email, a.Owner.UserID, a.Owner.MemberID)
	for _, l := range []struct {
		name string
		used int
		most team.Maximum
	}{{"Members", u.Members, a.Limits.Members}, {"Projects", u.Projects, a.Limits.Projects}, {"API keys", u.APIKeys, a.Limits.APIKeys}, {"Roles", u.Roles, a.Limits.Roles}} {
		of := "no limit"
		if n := l.most.Number(); n != nil {
			of = "limit " + strconv.Itoa(*n)
		}
		fmt.Fprintf(t, "%s\t%d\t%s\n", l.name, l.used, of)
	}
	if len(a.Attributes) > 0 {
		var all []string
		for _, name := range slices.Sorted(maps.Keys(a.Attributes)) {
			all = append(all, name+"="+a.Attributes[name])
		}
		fmt.Fprintf(t, "Attributes\t%s\t\n", strings.Join(all, ", "))
	}
	fmt.Fprintf(t, "Created\t%s\t\n", moment(a.CreatedAt))
	return t.Flush()
}

// AccountChange changes what is set; see operator.AccountChange.
type AccountChange = operator.AccountChange

// ChangeAccount changes the name, the limits or the attributes of an account, and prints it.
func (s *Server) ChangeAccount(ctx context.Context, w io.Writer, id string, change AccountChange) error {
	if _, err := s.operator.UpdateAccount(ctx, operator.Program, id, change); err != nil {
		return err
	}
	return s.PrintAccount(ctx, w, id)
}

// SuspendAccount makes an account unusable, and returns its name.
func (s *Server) SuspendAccount(ctx context.Context, id, reason string) (name string, err error) {
	a, err := s.operator.Suspend(ctx, operator.Program, id, reason)
	return a.Name, err
}

// ResumeAccount makes an account usable again, and returns its name.
func (s *Server) ResumeAccount(ctx context.Context, id string) (name string, err error) {
	a, err := s.operator.Resume(ctx, operator.Program, id)
	return a.Name, err
}

// DeleteAccount makes an account unusable, to be removed after a grace period of some days; nil means the default. It returns its name
// and when it is removed.
func (s *Server) DeleteAccount(ctx context.Context, id string, graceDays *int) (name string, until time.Time, err error) {
	a, err := s.operator.Delete(ctx, operator.Program, id, graceDays)
	return a.Name, a.DeleteAt, err
}

// ExportAccount writes all data of an account, except secrets.
func (s *Server) ExportAccount(ctx context.Context, w io.Writer, id string) error {
	x, err := s.operator.Export(ctx, operator.Program, id)
	if err != nil {
		return err
	}
	return operatorapi.WriteExport(ctx, x, w)
}
