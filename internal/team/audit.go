package team

import "context"

// ListEvents lists the audit log, newest first.
func (s *Service) ListEvents(ctx context.Context, p *Principal, f EventFilter) ([]Event, int, error) {
	f.AccountID = p.AccountID
	if err := s.require(p, AuditView); err != nil {
		return nil, 0, err
	}
	return s.Store.Events(ctx, f)
}
