package team

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"raff/internal/event"
	"raff/internal/permission"
	"raff/internal/uuid"
)

// Options configure a Service. Now, NewID and Rand have defaults; tests set them to be deterministic.
type Options struct {
	Store   Store
	Catalog *permission.Catalog
	Now     func() time.Time
	// NewID returns a new UUID in canonical form. Ids must sort by time.
	NewID func() string
	Rand  io.Reader
	// Quotas are the maximum numbers of things per account or user; zero fields mean DefaultQuotas.
	Quotas Quotas
	// PublicURL is the base of links in emails, without a trailing slash.
	PublicURL string
	// MailConfigured says that invitations are sent by email. Then only the invited email gets the link.
	MailConfigured bool
	// MailDelivered says that queued emails are delivered: to people, or to a developer's console.
	MailDelivered bool
	// MailQueued is called after a commit that queued email, so that a worker can send it immediately.
	MailQueued func()
	// MailLimits are the limits on sent emails; nil means DefaultMailLimits.
	MailLimits *MailLimits
	// Confirm checks the proof that an operation requires of a person who acts with a session; see Proof. nil refuses those
	// operations.
	Confirm func(ctx context.Context, p *Principal, proof Proof) error
}

// Service holds the operations on members, roles, API keys, projects, invitations and the settings of an account. All faces
// call it. It is safe for concurrent use.
type Service struct {
	store                         Store
	catalog                       *permission.Catalog
	clock                         func() time.Time
	newID                         func() string
	rand                          io.Reader
	quotas                        Quotas
	publicURL                     string
	mailConfigured, mailDelivered bool
	mailQueued                    func()
	mailLimits                    MailLimits

	confirm func(ctx context.Context, p *Principal, proof Proof) error

	usage usage
}

// New returns a Service.
func New(o Options) *Service {
	s := &Service{
		store: o.Store, catalog: o.Catalog, clock: o.Now, newID: o.NewID, rand: o.Rand,
		quotas: o.Quotas, publicURL: o.PublicURL, mailConfigured: o.MailConfigured, mailDelivered: o.MailDelivered,
		mailQueued: o.MailQueued, mailLimits: DefaultMailLimits(), confirm: o.Confirm,
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.rand == nil {
		s.rand = rand.Reader
	}
	if s.newID == nil {
		ids := &uuid.Generator{}
		s.newID = func() string { return ids.Next(s.clock(), s.rand) }
	}
	if s.quotas == (Quotas{}) {
		s.quotas = DefaultQuotas()
	}
	if s.confirm == nil {
		s.confirm = func(context.Context, *Principal, Proof) error { return ErrUnauthenticated }
	}
	if s.mailQueued == nil {
		s.mailQueued = func() {}
	}
	if o.MailLimits != nil {
		s.mailLimits = *o.MailLimits
	}
	return s
}

// Start makes the stored system roles equal to those of the catalog, and ends invitation links that were fetched if the
// server now sends email. A server calls it once before it serves.
func (s *Service) Start(ctx context.Context) error {
	if err := s.store.SyncSystemRoles(ctx, s.SystemRoles(s.catalog)); err != nil {
		return fmt.Errorf("write system roles: %w", err)
	}
	if s.mailConfigured {
		if err := s.store.ReplaceFetchedTokens(ctx); err != nil {
			return fmt.Errorf("invalidate fetched links: %w", err)
		}
	}
	return nil
}

// Catalog returns the permissions and system roles.
func (s *Service) Catalog() *permission.Catalog { return s.catalog }

// Now returns the time as it is stored: UTC, microseconds.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// UseCatalog sets the catalog. It must be called before the first request.
func (s *Service) UseCatalog(c *permission.Catalog) { s.catalog = c }

// NewID returns a new id; ids sort by time.
func (s *Service) NewID() string { return s.newID() }

// MailConfigured reports whether invitations are sent by email. Then only the invited email gets the link.
func (s *Service) MailConfigured() bool { return s.mailConfigured }

// MailDelivered reports whether queued emails are delivered: to people, or to a developer's console.
func (s *Service) MailDelivered() bool { return s.mailDelivered }

// PublicURL returns the base of links in emails, without a trailing slash.
func (s *Service) PublicURL() string { return s.publicURL }

// work is one write: the transaction, the principal as read in it, and the time of the change.
type work struct {
	Tx
	guard
	mail bool
	// alone says that nothing else changes the account at the same time; left is the remaining quota when it
	// was read, and taken what this change has used of it.
	alone       bool
	left, taken map[Counted]int
	// each is how many things a change of this kind may add; 0 means one.
	each int
	// prepaid is how many emails the caller may still queue in this write, unpaid is how many were refused, and limits are
	// the limits against which they count.
	prepaid, unpaid int
	limits          []Limit
	// made is the result of the operation, for the response that is stored for an Idempotency-Key.
	made any
}

// write runs fn in one transaction as p. It reads the credential again inside the transaction, so that a credential that
// was revoked cannot write.
func (s *Service) write(ctx context.Context, p *Principal, lock Lock, fn func(w *work) error) error {
	mail := false
	change := func(tx Tx) error {
		mail = false // fn may be called again
		fresh, err := s.refresh(ctx, tx, p)
		if err != nil {
			return err
		}
		w := s.work(ctx, tx, fresh)
		w.alone = lock == Exclusive
		err = w.once(fn)
		mail = w.mail
		return err
	}
	err := s.store.Update(ctx, p.AccountID, lock, change)
	if errors.Is(err, errCrowded) {
		lock = Exclusive
		err = s.store.Update(ctx, p.AccountID, lock, change)
	}
	if err == nil && mail {
		s.mailQueued()
	}
	return err
}

// try is write without any effect: no row, no event, no email, no attempt that counts against a limit. It also ignores an
// Idempotency-Key.
func (s *Service) try(ctx context.Context, p *Principal, lock Lock, fn func(w *work) error) error {
	try := func() error {
		return s.store.Try(ctx, p.AccountID, lock, func(tx Tx) error {
			fresh, err := s.refresh(ctx, tx, p)
			if err != nil {
				return err
			}
			w := s.work(ctx, tx, fresh)
			w.alone = lock == Exclusive
			return fn(w)
		})
	}
	err := try()
	if errors.Is(err, errCrowded) {
		lock = Exclusive
		err = try()
	}
	return err
}

// work returns the work of p in this transaction.
func (s *Service) work(ctx context.Context, tx Tx, p *Principal) *work {
	return &work{Tx: tx, guard: guard{Reader: tx, s: s, ctx: ctx, p: p, at: s.Now()}}
}

// record writes the audit event of a change in the same transaction, and sets its actor, time and request.
func (w *work) record(to event.Target, p event.Payload) error {
	return w.insertEvent(event.Event{Target: to}, p)
}

// recordMember writes the event of a membership. delegated says that the actor assigned permissions it does not hold.
func (w *work) recordMember(m Member, delegated bool, p event.Payload) error {
	return w.insertEvent(event.Event{Target: m.target(), Delegated: delegated}, p)
}

// target returns the target of events of the membership.
func (m Member) target() event.Target {
	name := m.Email
	if m.Type == TypeAPIKey {
		name = m.Name // an API key's email is only a placeholder
	}
	return event.Target{TargetType: "member", TargetID: m.ID, TargetName: name, ProjectID: m.ProjectID}
}

func (w *work) insertEvent(e event.Event, p event.Payload) error {
	return w.s.record(w.ctx, w.Tx, w.p, w.at, e, p)
}

// EventTx is the part of a transaction that writes audit events.
type EventTx interface {
	// InsertEvent stores an event. If its time is not later than the end of what is sealed, it is made later.
	InsertEvent(ctx context.Context, e event.Event) error
}

// Record writes an audit event in a transaction, with p as the actor, and sets its time and request.
func (s *Service) Record(ctx context.Context, tx EventTx, p *Principal, to event.Target, told event.Payload) error {
	return s.record(ctx, tx, p, s.Now(), event.Event{Target: to}, told)
}

func (s *Service) record(ctx context.Context, tx EventTx, p *Principal, at time.Time, e event.Event, told event.Payload) error {
	if p.support != nil {
		if err := e.PutFor(told, p.support.behalf()); err != nil {
			return err
		}
	} else if err := e.Put(told); err != nil {
		return err
	}
	from := OriginOf(ctx)
	e.ID, e.AccountID, e.At, e.RequestID = s.newID(), p.AccountID, at, from.RequestID
	e.Address = cleanAddress(from.Address)
	if p.Type != TypeAPIKey { // it would tell little, and make each event larger
		e.UserAgent = CleanUserAgent(from.UserAgent)
	}
	e.ActorType, e.ActorID, e.ActorName = event.ActorType(p.Type), p.ID, p.Name
	if e.ActorName == "" {
		e.ActorName = p.Email
	}
	if p.support != nil {
		e.ActorID = p.support.row.Session.OperatorKeyID
	}
	return tx.InsertEvent(ctx, e)
}

// personName returns the name that an event of a membership records in addition to the email; empty for invitations and
// API keys.
func (m Member) personName() string {
	if m.Type == TypeUser {
		return m.Name
	}
	return ""
}
