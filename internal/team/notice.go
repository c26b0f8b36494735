package team

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"raff/internal/permission"
)

// NoticeKind is what an email tells a person that happened.
type NoticeKind string

// The kinds of notices. All but the last five are about how the person signs in.
const (
	NoticePasswordChanged NoticeKind = "password_changed"
	NoticePasswordRemoved NoticeKind = "password_removed"
	NoticeFactorAdded     NoticeKind = "factor_added"
	NoticeFactorRemoved   NoticeKind = "factor_removed"
	NoticeFactorsReset    NoticeKind = "factors_reset"
	NoticeSignIn          NoticeKind = "sign_in"
	// NoticeEmailChanged goes to the email that the person had before.
	NoticeEmailChanged NoticeKind = "email_changed"
	// NoticeEmailTaken goes to an email that another user wanted to change theirs to.
	NoticeEmailTaken NoticeKind = "email_taken"
	NoticeOwner      NoticeKind = "owner"
	// NoticeNotOwner tells the former Owner that the operator transferred the ownership.
	NoticeNotOwner NoticeKind = "not_owner"
	NoticeAdded    NoticeKind = "added"
	// NoticeSupport tells the Owner that the operator's support opened a session.
	NoticeSupport NoticeKind = "support"
	// NoticeDeletion tells the Owner that the operator deletes the account.
	NoticeDeletion NoticeKind = "deletion"
)

// Notice is an email that tells a person what happened. It is stored with the message, and has no link with a token.
type Notice struct {
	What NoticeKind `json:"what"`
	To   string     `json:"to"`
	At   time.Time  `json:"at"`
	// Address and UserAgent are where it was done; empty if unknown.
	Address   string `json:"address,omitempty"`
	UserAgent string `json:"user_agent,omitempty"`
	// NewEmail is the new email, for NoticeEmailChanged, and that of the new Owner, for NoticeNotOwner.
	NewEmail string `json:"new_email,omitempty"`
	// Account, Project and Role are what the person got, and By is who did it, for NoticeOwner, NoticeNotOwner and NoticeAdded.
	Account string `json:"account,omitempty"`
	Project string `json:"project,omitempty"`
	Role    string `json:"role,omitempty"`
	By      string `json:"by,omitempty"`
	// Also are the other places where the person was added at the same time, for NoticeAdded.
	Also []OfferedPlace `json:"also,omitempty"`
	// Account, By, Reason and Until are where, who, why and until when, for NoticeSupport; Role is the SupportLevel. Until
	// is also when the data of the account is removed, for NoticeDeletion.
	Reason string    `json:"reason,omitempty"`
	Until  time.Time `json:"until,omitzero"`
	// ByKey says that By is the name of an API key.
	ByKey bool `json:"by_key,omitempty"`
	// BySupport says that By is a person of the operator's support.
	BySupport bool `json:"by_support,omitempty"`
	// Language is the recipient's, or else that of the account.
	Language string `json:"language,omitempty"`
	// Branding is that of Account; see Account.Branding.
	Branding string `json:"branding,omitempty"`
}

// Message returns the notice as a message to be queued. Notices about an account wait for its turn; the others have no account
// and are sent first.
func (n Notice) Message(id, accountID string) (Message, error) {
	b, err := json.Marshal(n)
	if err != nil {
		return Message{}, fmt.Errorf("encode a notice: %w", err)
	}
	return Message{ID: id, Kind: MessageNotice, AccountID: accountID, Address: n.To, Details: string(b), NextAt: n.At, CreatedAt: n.At}, nil
}

// noticeLife is how old a notice may be when it is sent; later it would only confuse.
const noticeLife = 3 * 24 * time.Hour

// NoticeMail prepares notices.
type NoticeMail struct{ s *Service }

// NoticeMail returns the part of the service that notices need.
func (s *Service) NoticeMail() NoticeMail { return NoticeMail{s} }

// Wait counts a notice about an account against the limits of its recipient before the first attempt, like an invitation, so that
// adding and removing somebody again and again does not flood their mailbox.
func (m NoticeMail) Wait(ctx context.Context, msg Message) (time.Duration, error) {
	if msg.AccountID == "" || msg.Attempts > 0 {
		return 0, nil
	}
	canonical, err := CanonicalEmail(msg.Address)
	if err != nil {
		return 0, nil //nolint:nilerr // Prepare removes it
	}
	return m.s.takeOrWait(ctx, m.s.mailLimits.recipient(msg.AccountID, canonical))
}

// Prepare returns the email. It returns nil, and removes the message, if it is too old.
func (m NoticeMail) Prepare(ctx context.Context, msg Message) (*Mail, error) {
	var n Notice
	if err := json.Unmarshal([]byte(msg.Details), &n); err != nil || n.To == "" || m.Overdue(msg) {
		return nil, m.s.store.Update(ctx, msg.AccountID, Shared, func(tx Tx) error { return tx.DeleteMessage(ctx, msg) })
	}
	return &Mail{ID: msg.ID, Kind: MessageNotice, To: n.To, Language: n.Language, Branding: n.Branding, Notice: n, Link: m.s.publicURL + n.path()}, nil
}

// path is the page that the email links to: where the person can act if it was not them, or see what they got.
func (n Notice) path() string {
	switch n.What {
	case NoticeOwner, NoticeNotOwner, NoticeAdded, NoticeEmailTaken, NoticeDeletion:
		return "/"
	case NoticeEmailChanged:
		return "/sign-in"
	case NoticeSupport:
		return "/settings"
	}
	return "/forgot"
}

// Overdue reports whether a notice is too old.
func (m NoticeMail) Overdue(msg Message) bool { return m.s.Now().After(msg.CreatedAt.Add(noticeLife)) }

// Note does nothing, because the outcome of notices is not stored.
func (NoticeMail) Note(context.Context, Tx, Message, bool) error { return nil }

// notify queues a notice for a member about this account, if it was done by someone else.
func (w *work) notify(m Member, what NoticeKind, also ...OfferedPlace) error {
	return w.send(m, Notice{What: what, Also: also})
}

// send completes and queues a notice for a member about this account, if it was done by someone else.
func (w *work) send(m Member, n Notice) error {
	if !w.s.mailDelivered || m.Type != TypeUser || m.UserID == w.p.ID {
		return nil
	}
	a, err := w.Account(w.ctx, m.AccountID)
	if err != nil {
		return err
	}
	by := w.p.Name
	if by == "" {
		by = w.p.Email
	}
	if w.p.Type == TypeOperator {
		by = ""
	}
	n.To, n.At, n.Account, n.Project, n.Role, n.By = m.Email, w.at, a.Name, m.ProjectName, m.Role.Name, by
	n.ByKey, n.BySupport, n.Language, n.Branding = w.p.Type == TypeAPIKey, w.p.Type == TypeSupport, cmp.Or(m.Language, a.Language), a.Branding
	msg, err := n.Message(w.s.newID(), m.AccountID)
	if err != nil {
		return err
	}
	w.mail = true
	return w.InsertMessage(w.ctx, msg)
}

// noticeToOwner queues a notice for the Owner of an account. queue is the account whose turn it waits for, or "" to send it first.
func (w *work) noticeToOwner(a Account, queue string, n Notice) error {
	if !w.s.mailDelivered {
		return nil
	}
	holders, _, err := w.RoleHolders(w.ctx, a.ID, SystemRoleID(permission.ScopeAccount, permission.OwnerSlug), allHolders)
	if err != nil {
		return err
	}
	for _, m := range holders {
		if !m.IsOwner || m.Type != TypeUser {
			continue
		}
		n.To, n.At, n.Account, n.Language, n.Branding = m.Email, w.at, a.Name, cmp.Or(m.Language, a.Language), a.Branding
		msg, err := n.Message(w.s.newID(), queue)
		if err != nil {
			return err
		}
		if err := w.InsertMessage(w.ctx, msg); err != nil {
			return err
		}
	}
	return nil
}

// AnnounceDeletion queues an email that tells the Owner that the operator deletes an account, and when its data is removed. It is called
// in a transaction that holds the lock of the account. The email has no account, because emails of an account that is being deleted wait.
func (s *Service) AnnounceDeletion(ctx context.Context, tx Tx, a Account, removal time.Time) error {
	return s.work(ctx, tx, Operator(a.ID)).noticeToOwner(a, "", Notice{What: NoticeDeletion, Until: removal})
}
