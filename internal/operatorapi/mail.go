package operatorapi

import (
	"context"

	"raff/api"
	"raff/internal/outbox"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) listMails(ctx context.Context, c *call) (any, error) {
	p, err := c.Page(defaultLimit)
	if err != nil {
		return nil, err
	}
	f := outbox.Filter{Page: p}
	state, err := c.Choice("state", api.EmailQueued, api.EmailRetrying, api.EmailFailed)
	if err != nil {
		return nil, err
	}
	f.State = outbox.State(state)
	if f.AccountID, err = c.UUID("account_id"); err != nil {
		return nil, err
	}
	found, total, err := s.svc.Mails(ctx, f)
	if err != nil {
		return nil, err
	}
	return rest.CountedPage(p, found, total, mail, func(e *outbox.Entry) team.Cursor { return team.Cursor{At: e.CreatedAt, ID: e.ID} }), nil
}

func (s *server) retryMail(ctx context.Context, c *call) (any, error) {
	if err := c.DecodeOptional(&struct{}{}); err != nil {
		return nil, err
	}
	e, err := s.svc.RetryMail(ctx, c.who, c.PathID("id"))
	return rest.One(mail(&e)), err
}

func (s *server) cancelMail(ctx context.Context, c *call) (any, error) {
	e, err := s.svc.CancelMail(ctx, c.who, c.PathID("id"))
	return rest.Done("The email to " + e.To + " is not sent."), err
}

func mail(e *outbox.Entry) api.Email {
	out := api.Email{
		ID: e.ID, Kind: string(e.Kind), State: string(e.State()), To: e.To, AccountID: rest.Filled(e.AccountID), AccountName: rest.Filled(e.AccountName),
		InvitationID: rest.Filled(e.InvitationID), Notice: e.Notice(), Attempts: e.Attempts, LastError: e.LastError, FailedAt: rest.StampOf(e.FailedAt), CreatedAt: rest.Stamp(e.CreatedAt),
	}
	if e.FailedAt.IsZero() {
		out.NextAt = rest.StampOf(e.NextAt)
	}
	return out
}
