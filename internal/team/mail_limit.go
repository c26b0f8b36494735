package team

import (
	"strings"
	"time"
)

// Rate is how many emails can be sent at once, and how long it takes until as many can be sent again. The zero value
// means no limit.
type Rate struct {
	Burst int
	Per   time.Duration
}

// Limits returns the limit on what kind and of identify, or none.
func (r Rate) Limits(kind string, of ...string) []Limit {
	if r.Burst <= 0 || r.Per <= 0 {
		return nil
	}
	return []Limit{LimitOf(max(r.Per/time.Duration(r.Burst), time.Microsecond), r.Burst, kind, of...)}
}

// MailLimits are the limits on emails that are sent at the request of others. They apply across all nodes.
type MailLimits struct {
	// Recipient limits the invitations of one account to one address, RecipientTotal those of all accounts to one
	// mailbox, which includes addresses that differ only after a + in the local part.
	Recipient, RecipientTotal Rate
	// Sender limits the invitations of one person or API key, Account those of one account. Account grows by one for
	// each person who is an active member.
	Sender, Account Rate
	// Reset limits the password emails to one address, ResetSource those that one network address can request.
	Reset, ResetSource Rate
}

// DefaultMailLimits allow an account to invite thousands of people, but no one to flood a mailbox.
func DefaultMailLimits() MailLimits {
	const day = 24 * time.Hour
	return MailLimits{
		Recipient: Rate{5, day}, RecipientTotal: Rate{20, day},
		Sender: Rate{600, 2 * time.Minute}, Account: Rate{5000, day},
		Reset: Rate{3, time.Hour}, ResetSource: Rate{20, 20 * time.Minute},
	}
}

// recipient are the limits on invitations from an account to an address.
func (l MailLimits) recipient(accountID, canonical string) []Limit {
	return append(l.Recipient.Limits("mail", accountID, canonical), l.RecipientTotal.Limits("mails", mailbox(canonical))...)
}

// mailbox returns the mailbox of an address: most mail servers ignore a + and what follows it in the local part, so that
// one person has any number of addresses.
func mailbox(canonical string) string {
	local, domain, _ := strings.Cut(canonical, "@")
	if base, _, tagged := strings.Cut(local, "+"); tagged && base != "" {
		local = base
	}
	return local + "@" + domain
}

// sender are the limits on the sender of invitations.
func (w *work) senderLimits() ([]Limit, error) {
	l := w.s.mailLimits
	account := l.Account
	if account.Burst > 0 {
		people, err := w.Count(w.ctx, w.p.AccountID, CountedPeople)
		if err != nil {
			return nil, err
		}
		account.Burst += people
	}
	return append(l.Sender.Limits("sender", w.p.ID), account.Limits("sending", w.p.AccountID)...), nil
}

// prepayMails counts up to n emails of the caller before anything is written; queueMail uses them. On a server without
// email, nothing is counted.
func (w *work) prepayMails(n int) (err error) {
	if !w.s.mailDelivered || n == 0 {
		return nil
	}
	if w.limits, err = w.senderLimits(); err != nil {
		return err
	}
	w.prepaid, err = w.TakeLimit(w.ctx, w.limits, n, w.at)
	return err
}

// returnMails refunds the emails that were counted but not queued.
func (w *work) returnMails() error {
	if w.prepaid == 0 {
		return nil
	}
	n := w.prepaid
	w.prepaid = 0
	return w.RefundLimit(w.ctx, w.limits, n)
}

// mayMail refuses an email if a limit of the caller is used up.
func (w *work) mayMail() error {
	if !w.s.mailDelivered || w.prepaid > 0 {
		return nil
	}
	w.unpaid++ // of several refused rows, each has to wait longer than the previous one
	wait, err := w.LimitWait(w.ctx, w.limits, w.unpaid, w.at)
	if err != nil {
		return err
	}
	return mailLimited(wait, RefusalTooManyInvitations)
}

// mayResend refuses an email to a recipient whose limit is used up.
func (w *work) mayResend(inv Invitation) error {
	if !w.s.mailDelivered {
		return nil
	}
	wait, err := w.LimitWait(w.ctx, w.s.mailLimits.recipient(inv.AccountID, inv.CanonicalEmail), 1, w.at)
	if err != nil || wait <= 0 {
		return err
	}
	return mailLimited(wait, RefusalRecipientLimit, inv.Email)
}

func mailLimited(wait time.Duration, why *Refusal, facts ...any) *Error {
	wait = max(wait, time.Second)
	e := why.With(append(facts, roughly(wait))...)
	e.RetryAfter = wait
	return e
}

// roughly is a duration in words, rounded up.
func roughly(d time.Duration) Phrase {
	for _, unit := range []struct {
		size      time.Duration
		one, many string
	}{{time.Hour, "%d hour", "%d hours"}, {time.Minute, "%d minute", "%d minutes"}, {time.Second, "%d second", "%d seconds"}} {
		if d >= unit.size {
			n := int((d + unit.size - 1) / unit.size)
			if n == 1 {
				return Phrase{unit.one, []any{n}}
			}
			return Phrase{unit.many, []any{n}}
		}
	}
	return Phrase{"%d second", []any{1}}
}
