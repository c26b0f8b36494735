package server

import "context"

// PasswordLink returns a link that the operator gives to a user who forgot their password, and when it expires.
func (s *Server) PasswordLink(ctx context.Context, email string) (link, until string, err error) {
	l, err := s.signin.PasswordLink(ctx, email)
	return l.URL, l.ExpiresAt.UTC().Format("15:04 UTC"), err
}

// ResetFactors removes the second factors of a user who lost them, on behalf of the operator.
func (s *Server) ResetFactors(ctx context.Context, email string) error {
	return s.signin.ResetFactors(ctx, email)
}
