package server

import (
	"context"

	"raff/internal/operator"
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
