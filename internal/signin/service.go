// Package signin is how people prove who they are: passwords and the links that set them, second factors and passkeys,
// sessions, and the acceptance of invitations in person. What a person who is signed in may do is decided in package team.
package signin

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"sync"
	"sync/atomic"

	"raff/internal/event"
	"raff/internal/team"
)

// Passwords checks, hashes and compares passwords; this package only decides when.
type Passwords interface {
	// Check says in an Invalid error why a password may not be used, or returns nil.
	Check(password, email, name string) error
	// Hash and Matches wait their turn, because many hashes at once would use all memory. The error is Unavailable if too
	// many are waiting already, and that of ctx if ctx ends first.
	Hash(ctx context.Context, password string) (string, error)
	Matches(ctx context.Context, password, hash string) (bool, error)
}

// Options are what a Service needs. Store, Team, Passwords and SecondFactors are required.
type Options struct {
	Store         Store
	Team          *team.Service
	Passwords     Passwords
	SecondFactors SecondFactors
	// Product is the name of the product, which authenticator apps show; empty means raff.
	Product string
	// Rand is the source of tokens and codes; nil means crypto/rand.
	Rand io.Reader
	// Sessions is how many sessions a person may have; 0 means the default of team.Quotas.
	Sessions int
	// Refused is called for each attempt to sign in that was refused; action is event.ActionSignInFailed or
	// event.ActionSecondFactorRefused, and userID is empty for an email that no user has. nil means that it is not called.
	Refused func(ctx context.Context, action event.Action, userID string)
	// MailQueued is called after a commit that queued an email; nil means that it is not called.
	MailQueued func()
	// MailLimits limit the emails; nil means team.DefaultMailLimits.
	MailLimits *team.MailLimits
}

// Service holds the operations by which people sign in and manage how they do. It is safe for concurrent use.
type Service struct {
	store      Store
	team       *team.Service
	passwords  Passwords
	factors    SecondFactors
	rand       io.Reader
	sessions   int
	onRefused  func(ctx context.Context, action event.Action, userID string)
	mailQueued func()
	mailLimits team.MailLimits

	refusals refusals
	signing  atomic.Pointer[[]SigningKey] // see UseSigningKeys
	nobody   nobody
	product  string
}

// New returns a Service. UseSigningKeys must be called before it is used to sign in.
func New(o Options) *Service {
	s := &Service{
		store: o.Store, team: o.Team, passwords: o.Passwords, factors: o.SecondFactors, rand: o.Rand, sessions: o.Sessions,
		onRefused: o.Refused, mailQueued: o.MailQueued, mailLimits: team.DefaultMailLimits(), product: cmp.Or(o.Product, "raff"),
	}
	if s.rand == nil {
		s.rand = rand.Reader
	}
	if s.sessions == 0 {
		s.sessions = team.DefaultQuotas().Sessions
	}
	if s.mailQueued == nil {
		s.mailQueued = func() {}
	}
	if o.MailLimits != nil {
		s.mailLimits = *o.MailLimits
	}
	return s
}

// nobody is the hash of a password that no one knows, so that an attempt for an unknown email takes the same time.
type nobody struct {
	mu   sync.Mutex
	hash string
}

// nobodysHash is created on first use.
func (s *Service) nobodysHash(ctx context.Context) (string, error) {
	s.nobody.mu.Lock()
	defer s.nobody.mu.Unlock()
	if s.nobody.hash != "" {
		return s.nobody.hash, nil
	}
	password, err := team.NewToken(s.rand)
	if err != nil {
		return "", err
	}
	hash, err := s.passwords.Hash(ctx, password)
	s.nobody.hash = hash
	return hash, err
}
