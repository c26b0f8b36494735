package signin

import (
	"context"

	"raff/internal/event"
	"raff/internal/team"
)

// noticeOf returns what a user is told about an event, or an empty string. First passwords are not told: the person has just used
// a link that was sent to them.
func noticeOf(p event.Payload) team.NoticeKind {
	switch p := p.(type) {
	case event.PasswordChanged:
		return team.NoticePasswordChanged
	case event.PasswordSet:
		if p.With == "" || p.With == team.LinkReset+"_link" {
			return team.NoticePasswordChanged
		}
	case event.PasswordRemoved:
		return team.NoticePasswordRemoved
	case event.SecondFactorAdded:
		return team.NoticeFactorAdded
	case event.SecondFactorRemoved:
		return team.NoticeFactorRemoved
	case event.SecondFactorsReset:
		return team.NoticeFactorsReset
	case event.SignedIn:
		if p.NewBrowser {
			return team.NoticeSignIn
		}
	case event.EmailChanged:
		return team.NoticeEmailChanged
	}
	return ""
}

// tell queues an email to a user about an event, in the transaction that records it. Users whose email was never verified get none,
// because it may be someone else's.
func (s *Service) tell(ctx context.Context, tx Tx, u team.User, p event.Payload) error {
	what := noticeOf(p)
	if what == "" || !u.Proven || !s.team.MailDelivered() {
		return nil
	}
	from := team.OriginOf(ctx)
	n := team.Notice{What: what, To: u.Email, Language: u.Language, At: s.team.Now(), Address: from.Address, UserAgent: team.CleanUserAgent(from.UserAgent)}
	if changed, ok := p.(event.EmailChanged); ok {
		n.To, n.NewEmail = changed.Email.From, changed.Email.To
	}
	return s.queueNotice(ctx, tx, n)
}

func (s *Service) queueNotice(ctx context.Context, tx Tx, n team.Notice) error {
	msg, err := n.Message(s.team.NewID(), "")
	if err != nil {
		return err
	}
	return tx.InsertMessage(ctx, msg)
}
