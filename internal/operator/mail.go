package operator

import (
	"context"

	"raff/internal/event"
	"raff/internal/outbox"
	"raff/internal/team"
)

// Mails lists the emails that wait to be sent, and those that were given up lately, newest first.
func (s *Service) Mails(ctx context.Context, f outbox.Filter) ([]outbox.Entry, team.Total, error) {
	switch f.State {
	case "", outbox.StateQueued, outbox.StateRetrying, outbox.StateFailed:
	default:
		return nil, team.Total{}, RefusalUnknownMailState.With()
	}
	return s.outbox.List(ctx, f)
}

// RetryMail makes an email due now.
func (s *Service) RetryMail(ctx context.Context, c Caller, id string) (outbox.Entry, error) {
	e, err := s.outbox.Retry(ctx, id, s.alsoOfMail(ctx, c, func(m event.Mail) event.Payload { return event.MailRetried{Mail: m} }))
	if err == nil {
		s.mailQueued()
	}
	return e, err
}

// CancelMail removes an email, which is then never sent.
func (s *Service) CancelMail(ctx context.Context, c Caller, id string) (outbox.Entry, error) {
	return s.outbox.Cancel(ctx, id, s.alsoOfMail(ctx, c, func(m event.Mail) event.Payload { return event.MailCancelled{Mail: m} }))
}

// alsoOfMail returns what is done in the transaction of a change of the outbox: the operator key is read again, and the change is
// recorded. The record has no address, so that it needs no change when a person is erased.
func (s *Service) alsoOfMail(ctx context.Context, c Caller, told func(event.Mail) event.Payload) func(outbox.Tx, outbox.Entry) error {
	return func(queue outbox.Tx, e outbox.Entry) error {
		tx, ok := queue.(Tx)
		if !ok {
			panic("a transaction of the database implements the transactions of all packages")
		}
		if err := s.again(ctx, tx, c); err != nil {
			return err
		}
		return s.record(ctx, tx, c, event.Target{TargetType: "email", TargetID: e.ID, TargetName: string(e.Kind)}, told(event.Mail{AccountID: e.AccountID}))
	}
}
