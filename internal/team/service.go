package team

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"raff/internal/event"
	"raff/internal/permission"
)

// Passwords hashes and compares passwords; the domain decides only when.
type Passwords interface {
	// Check says in an Invalid error why a password may not be used, or nil.
	Check(password, email, name string) error
	// Hash and Matches wait their turn: many hashes at once would take all memory. The error is Unavailable when too many
	// wait already, and that of ctx when ctx ends first.
	Hash(ctx context.Context, password string) (string, error)
	Matches(ctx context.Context, password, hash string) (bool, error)
}

// Options are what a Service needs from outside. Now, NewID and Rand have working defaults, so that a test can make
// them exact and a server does not think of them.
type Options struct {
	Store     Store
	Catalog   *permission.Catalog
	Passwords Passwords
	// SecondFactors checks what people prove beside the password.
	SecondFactors SecondFactors
	Now           func() time.Time
	// NewID mints a UUID in canonical spelling; ids sort by time.
	NewID func() string
	Rand  io.Reader
	// Quotas bound what one account, or one person, may have; the zero value stands for DefaultQuotas.
	Quotas Quotas
	// PublicURL is what links in mails begin with, without a slash at the end.
	PublicURL string
	// MailConfigured says that invitations reach people by mail; then nobody but the invited gets the link.
	MailConfigured bool
	// MailDelivered says that queued mail goes somewhere: to people, or to the console of a developer.
	MailDelivered bool
	// SignInRefused is called for each attempt to sign in that was refused; action is event.ActionSignInFailed or
	// event.ActionSecondFactorRefused, userID is empty for an address that nobody has. nil means that nobody listens.
	SignInRefused func(ctx context.Context, action event.Action, userID string)
	// MailQueued is called after a commit that queued mail, so that a worker need not wait for its next round.
	MailQueued func()
	// MailLimits bound the mails; nil means DefaultMailLimits.
	MailLimits *MailLimits
}

// Service holds every operation of the product. All its faces (REST, pages, mail worker, operator's command line) call
// it, so that each rule has one home. It is safe for concurrent use.
type Service struct {
	store                         Store
	catalog                       *permission.Catalog
	passwords                     Passwords
	factors                       SecondFactors
	clock                         func() time.Time
	newID                         func() string
	rand                          io.Reader
	quotas                        Quotas
	publicURL                     string
	mailConfigured, mailDelivered bool
	signInRefused                 func(ctx context.Context, action event.Action, userID string)
	mailQueued                    func()
	mailLimits                    MailLimits

	usage    usage
	refusals refusals
	turn     turn
	// signingKey is shared by all nodes; Start reads it.
	signingKey []byte
	nobody     nobody
}

// New makes a Service.
func New(o Options) *Service {
	s := &Service{
		store: o.Store, catalog: o.Catalog, passwords: o.Passwords, factors: o.SecondFactors, clock: o.Now, newID: o.NewID, rand: o.Rand,
		quotas: o.Quotas, publicURL: o.PublicURL, mailConfigured: o.MailConfigured, mailDelivered: o.MailDelivered,
		signInRefused: o.SignInRefused, mailQueued: o.MailQueued, mailLimits: DefaultMailLimits(),
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.rand == nil {
		s.rand = rand.Reader
	}
	if s.newID == nil {
		ids := &uuids{}
		s.newID = func() string { return ids.next(s.clock(), s.rand) }
	}
	if s.quotas == (Quotas{}) {
		s.quotas = DefaultQuotas()
	}
	if s.mailQueued == nil {
		s.mailQueued = func() {}
	}
	if o.MailLimits != nil {
		s.mailLimits = *o.MailLimits
	}
	return s
}

// nobody has a password nobody knows, to spend the same time on an address nobody has.
type nobody struct {
	mu   sync.Mutex
	hash string
}

// nobodysHash is made when it is first asked for.
func (s *Service) nobodysHash(ctx context.Context) (string, error) {
	s.nobody.mu.Lock()
	defer s.nobody.mu.Unlock()
	if s.nobody.hash != "" {
		return s.nobody.hash, nil
	}
	password, err := NewToken(s.rand)
	if err != nil {
		return "", err
	}
	hash, err := s.passwords.Hash(ctx, password)
	s.nobody.hash = hash
	return hash, err
}

// Start makes the stored system roles equal to the catalog's, and reads the key that all nodes share. A server calls it
// once before it serves; a command of the operator calls Look.
func (s *Service) Start(ctx context.Context) error {
	if err := s.store.SyncSystemRoles(ctx, s.systemRoles(s.catalog)); err != nil {
		return fmt.Errorf("write system roles: %w", err)
	}
	if s.mailConfigured {
		if err := s.store.ReplaceFetchedTokens(ctx); err != nil {
			return fmt.Errorf("end the links that were fetched: %w", err)
		}
	}
	key := make([]byte, 32)
	if _, err := io.ReadFull(s.rand, key); err != nil {
		return fmt.Errorf("make a signing key: %w", err)
	}
	var err error
	s.signingKey, err = s.store.SigningKey(ctx, "challenges", key)
	return err
}

// Catalog is the list of permissions and system roles.
func (s *Service) Catalog() *permission.Catalog { return s.catalog }

// Now returns the time as it is stored: UTC, microseconds.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// UseCatalog replaces the catalog, before the server serves.
func (s *Service) UseCatalog(c *permission.Catalog) { s.catalog = c }

// NewID returns a new id; ids sort by time.
func (s *Service) NewID() string { return s.newID() }

// MailConfigured reports whether invitations are sent by email; then only the invited person gets the link.
func (s *Service) MailConfigured() bool { return s.mailConfigured }

// MailDelivered reports whether queued emails go somewhere: to people, or to the console of a developer.
func (s *Service) MailDelivered() bool { return s.mailDelivered }

// PublicURL is the URL that links in emails begin with, without a slash at the end.
func (s *Service) PublicURL() string { return s.publicURL }

type requestIDKey struct{}

// WithRequestID notes the id of the request that ctx belongs to; audit events carry it.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// work is one write: the transaction, who acts as the database knows them now, and the moment it happens.
type work struct {
	Tx
	guard
	mail bool
	// alone says that nothing else changes the account meanwhile; left is how much room there is, as far as it was asked.
	alone bool
	left  map[Counted]int
	// each is how many things a change of this kind may add, 0 for one.
	each int
	// prepaid is how many mails the caller may still queue in this write, unpaid how many were refused, and limits what
	// they are counted against.
	prepaid, unpaid int
	limits          []Limit
	// made is what the operation created, for the answer an Idempotency-Key keeps.
	made any
}

// write runs fn in one transaction as p. The credential is read again inside it, so that no write commits for a
// credential that was taken away before.
func (s *Service) write(ctx context.Context, p *Principal, lock Lock, fn func(w *work) error) error {
	mail := false
	change := func(tx Tx) error {
		mail = false // fn may run again
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

// try is write, but nothing of what fn did is kept: no row, no event, no mail, no attempt that a limit counts. A request that
// only tries is not remembered under an Idempotency-Key either.
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

// work is a write of p in this transaction.
func (s *Service) work(ctx context.Context, tx Tx, p *Principal) *work {
	return &work{Tx: tx, guard: guard{Reader: tx, s: s, ctx: ctx, p: p, at: s.Now()}}
}

// record writes the audit event of a change into the same transaction. The actor, time and request are filled in.
func (w *work) record(to event.Target, p event.Payload) error {
	return w.insertEvent(event.Event{Target: to}, p)
}

// recordMember writes the event of a membership. delegated says that the actor handed out permissions it does not hold.
func (w *work) recordMember(m Member, delegated bool, p event.Payload) error {
	name := m.Email
	if m.Type == TypeAPIKey {
		name = m.Name // the address of a key means nothing to a reader
	}
	return w.insertEvent(event.Event{
		Target:    event.Target{TargetType: "member", TargetID: m.ID, TargetName: name, ProjectID: m.ProjectID},
		Delegated: delegated,
	}, p)
}

func (w *work) insertEvent(e event.Event, p event.Payload) error {
	return w.s.record(w.ctx, w.Tx, w.p, w.at, e, p)
}

// EventTx is the part of a transaction that writes audit events.
type EventTx interface {
	// InsertEvent stores an event. If its time is not later than the end of what is sealed, it is made later.
	InsertEvent(ctx context.Context, e event.Event) error
}

// Record writes an audit event with p as the actor in a transaction. The time and the request are filled in.
func (s *Service) Record(ctx context.Context, tx EventTx, p *Principal, to event.Target, told event.Payload) error {
	return s.record(ctx, tx, p, s.Now(), event.Event{Target: to}, told)
}

func (s *Service) record(ctx context.Context, tx EventTx, p *Principal, at time.Time, e event.Event, told event.Payload) error {
	if err := e.Put(told); err != nil {
		return err
	}
	e.ID, e.AccountID, e.At, e.RequestID = s.newID(), p.AccountID, at, requestID(ctx)
	e.ActorType, e.ActorID, e.ActorName = event.ActorType(p.Type), p.ID, p.Name
	if e.ActorName == "" {
		e.ActorName = p.Email
	}
	return tx.InsertEvent(ctx, e)
}

// personName is the name that an event of a membership tells beside the address; invitations and keys have none.
func (m Member) personName() string {
	if m.Type == TypeUser {
		return m.Name
	}
	return ""
}
