package operator

import (
	"context"
	"time"

	"raff/internal/event"
	"raff/internal/signin"
	"raff/internal/team"
)

// Person is someone who can sign in, with what an operator needs to help them.
type Person struct {
	team.User
	// Factors are the second factors in effect, Sessions those that have not ended.
	Factors     []signin.Factor
	Sessions    []team.Session
	Memberships []PersonMembership
}

// PersonMembership is a membership or an open invitation of a person, in any account.
type PersonMembership struct {
	AccountID, AccountName string
	AccountState           team.AccountState
	// ProjectID and ProjectName are empty for a membership of the account itself.
	ProjectID, ProjectName string
	MemberID, RoleName     string
	Status                 team.Status
	IsOwner                bool
	// What follows is only for an export. InvitationState is empty once the invitation was accepted.
	RoleID, RoleSlug, ManagedBy, InvitedBy, InvitationState                string
	InvitedAt, AcceptedAt, ExpiresAt, CreatedAt, UpdatedAt, InvitationEnds time.Time
}

// PersonByEmail finds the person with an email, in any spelling.
func (s *Service) PersonByEmail(ctx context.Context, email string) (Person, error) {
	canonical, err := team.CanonicalEmail(email)
	if err != nil {
		return Person{}, err
	}
	u, err := s.store.UserByEmail(ctx, canonical)
	if err != nil {
		return Person{}, team.NotFoundIs(err, signin.RefusalUnknownInvitee.With())
	}
	return s.person(ctx, u)
}

// Person returns a person by id.
func (s *Service) Person(ctx context.Context, id string) (Person, error) {
	u, err := s.store.User(ctx, id)
	if err != nil {
		return Person{}, err
	}
	return s.person(ctx, u)
}

func (s *Service) person(ctx context.Context, u team.User) (p Person, err error) {
	p.User = u
	factors, err := s.store.Factors(ctx, u.ID)
	if err != nil {
		return p, err
	}
	for _, f := range factors {
		if f.Confirmed {
			p.Factors = append(p.Factors, f)
		}
	}
	sessions, err := s.store.SessionsOf(ctx, u.ID)
	if err != nil {
		return p, err
	}
	for _, session := range sessions {
		if !session.Awaits && !team.Expired(session.ExpiresAt, s.team.Now()) {
			p.Sessions = append(p.Sessions, session)
		}
	}
	p.Memberships, err = s.store.PersonMemberships(ctx, u.CanonicalEmail)
	return p, err
}

// PasswordLink returns a link with which a person sets a new password, once. Anyone who opens it is treated as the owner of the
// email.
func (s *Service) PasswordLink(ctx context.Context, c Caller, userID string) (team.Link, error) {
	u, err := s.store.User(ctx, userID)
	if err != nil {
		return team.Link{}, err
	}
	return s.signin.PasswordLinkOf(ctx, u, s.also(ctx, c, u, func(link team.Link) event.Payload {
		return event.PersonPasswordLinkMade{ExpiresAt: link.ExpiresAt.UTC().Format(time.RFC3339)}
	}))
}

// ResetFactors removes all second factors and recovery codes of a person who lost them, and ends their sessions.
func (s *Service) ResetFactors(ctx context.Context, c Caller, userID string) error {
	u, err := s.store.User(ctx, userID)
	if err != nil {
		return err
	}
	told := s.also(ctx, c, u, func(team.Link) event.Payload { return event.PersonFactorsReset{} })
	return s.signin.ResetFactorsOf(ctx, u, func(tx signin.Tx) error { return told(tx, team.Link{}) })
}

// also returns what is done in the transaction of a change of a person's sign-in: the operator key is read again, and the change is
// recorded in the operator's log.
func (s *Service) also(ctx context.Context, c Caller, u team.User, told func(team.Link) event.Payload) func(signin.Tx, team.Link) error {
	return func(person signin.Tx, link team.Link) error {
		tx, ok := person.(Tx)
		if !ok {
			panic("a transaction of the database implements the transactions of all packages")
		}
		if err := s.again(ctx, tx, c); err != nil {
			return err
		}
		return s.record(ctx, tx, c, event.Target{TargetType: "user", TargetID: u.ID, TargetName: u.Email}, told(link))
	}
}
