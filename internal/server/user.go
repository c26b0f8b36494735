package server

import "context"

// PasswordLink is a link, for the operator to hand over, with which someone who forgot their password sets another.
func (s *Server) PasswordLink(ctx context.Context, email string) (link, until string, err error) {
	l, err := s.service.PasswordLink(ctx, email)
	return l.URL, l.ExpiresAt.UTC().Format("15:04 UTC"), err
}

// ResetFactors takes away the second factors of someone who lost them, for the operator.
func (s *Server) ResetFactors(ctx context.Context, email string) error {
	return s.service.ResetFactors(ctx, email)
}
