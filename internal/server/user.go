package server

import (
	"context"
	"fmt"
	"io"

	"raff/internal/operator"
	"raff/internal/operatorapi"
)

// PasswordLink returns a link that the operator gives to a user who forgot their password, and when it expires.
func (s *Server) PasswordLink(ctx context.Context, email string) (link, until string, err error) {
	p, err := s.operator.PersonByEmail(ctx, email)
	if err != nil {
		return "", "", err
	}
	l, err := s.operator.PasswordLink(ctx, operator.Program, p.ID)
	return l.URL, l.ExpiresAt.UTC().Format("15:04 UTC"), err
}

// ResetFactors removes the second factors of a user who lost them, on behalf of the operator.
func (s *Server) ResetFactors(ctx context.Context, email string) error {
	p, err := s.operator.PersonByEmail(ctx, email)
	if err != nil {
		return err
	}
	return s.operator.ResetFactors(ctx, operator.Program, p.ID)
}

// ExportPerson writes all that is known of the person with an email, who has signed up, or is or was invited, except secrets.
func (s *Server) ExportPerson(ctx context.Context, w io.Writer, email string) error {
	x, err := s.operator.ExportEmail(ctx, operator.Program, email)
	if err != nil {
		return err
	}
	return operatorapi.WritePersonExport(ctx, x, w)
}

// ErasePerson erases a person from all accounts and audit logs, and prints what was done.
func (s *Server) ErasePerson(ctx context.Context, w io.Writer, email string) error {
	x, err := s.operator.EraseEmail(ctx, operator.Program, email)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "Pseudonym    %s\nMemberships  %d removed\n", x.Person, x.Memberships); err != nil {
		return err
	}
	if _, err := s.operator.EraseOrdered(ctx); err != nil {
		return fmt.Errorf("the person is removed, but not yet from all audit logs; a running server tries again: %w", err)
	}
	if x, err = s.operator.Erasure(ctx, x.ID); err != nil {
		return err
	}
	if x.DoneAt.IsZero() {
		_, err = fmt.Fprintln(w, "A running server is removing the person from the audit logs.")
		return err
	}
	if _, err := fmt.Fprintf(w, "Events       %d changed\n", x.Events); err != nil {
		return err
	}
	s.erased.Store(true)
	return s.emptyLog(ctx)
}
