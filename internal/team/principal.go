package team

import (
	"bytes"
	"context"
	"strings"
	"time"

	"raff/internal/event"
	"raff/internal/permission"
)

// PrincipalType is the type of a member or of an actor.
type PrincipalType string

// The principal types. An operator acts through the server's command line, and support in a support session; they are never members.
const (
	TypeUser       PrincipalType = "user"
	TypeAPIKey     PrincipalType = "api_key"
	TypeInvitation PrincipalType = "invitation"
	TypeOperator   PrincipalType = "operator"
	TypeSupport    PrincipalType = "support"
)

// Principal is the caller, loaded from the database for every request, and again inside every write.
type Principal struct {
	Type      PrincipalType
	ID        string
	AccountID string
	Name      string
	Email     string
	// MemberID is the account membership; empty if there is none.
	MemberID string
	// Owner says that the principal has the Owner role, as the Owner or as an API key.
	Owner bool
	// InPerson says that a user acts, not an API key. Some rights are never given to API keys.
	InPerson bool
	// Tier is the rate limit tier of an API key.
	Tier string

	account   Account
	role      *Role
	grants    Grants // without a project
	canonical string
	maker     string // the user who created the key
	// ends is when the credential expires; zero means never. replaced says that it is the old secret of a rotated key, in
	// its grace period.
	ends     time.Time
	replaced bool
	// holders are who was ever shown a secret of the key, once they were read.
	holders     []SecretHolder
	holdersRead bool
	secretHash  []byte
	sessionHash []byte
	// closed says why nobody can use the account; see Service.AuthenticateService. It is nil for every other principal.
	closed error
	// support is set for the operator's support.
	support *supporter
}

// As returns the user as a principal that acts in an account, without permissions.
func (u User) As(accountID string) *Principal {
	return &Principal{Type: TypeUser, ID: u.ID, AccountID: accountID, Name: u.Name, Email: u.Email, canonical: u.CanonicalEmail}
}

// SessionHash is the hash of the token of the session that acts; nil for an API key and the operator.
func (p *Principal) SessionHash() []byte { return p.sessionHash }

// Operator returns the operator, using the server's command line, as the actor in an account.
func Operator(accountID string) *Principal {
	return &Principal{Type: TypeOperator, ID: event.OperatorID, AccountID: accountID, Name: event.OperatorID, Owner: true, InPerson: true,
		grants: Grants{Account: ownerGrant}}
}

// ownerGrant is the grant of the operator, who may do everything.
var ownerGrant = Grant{Status: StatusActive, Owner: true, RoleSlug: permission.OwnerSlug}

// Anonymous returns the actor for a person who is not signed in. Its type is TypeOperator, because the API has no other type for
// it.
func Anonymous(accountID string) *Principal {
	return &Principal{Type: TypeOperator, ID: event.AnonymousID, AccountID: accountID, Name: event.AnonymousID}
}

// person returns the user behind the principal: the user, or the one who created the API key.
func (p *Principal) person() string {
	switch p.Type {
	case TypeAPIKey:
		return p.maker
	case TypeSupport:
		return ""
	}
	return p.ID
}

// by returns the principal's id as stored in records; empty for the operator and its support, who have no user.
func (p *Principal) by() string {
	if p.Type == TypeOperator || p.Type == TypeSupport {
		return ""
	}
	return p.ID
}

// Reading starts a request that only reads, which makes its reads cheaper; see Store.Pin.
func (s *Service) Reading(ctx context.Context) (pinned context.Context, done func()) {
	return s.store.Pin(ctx)
}

// Authenticate returns the principal of an API key, or of the credential of a support session. The error for any invalid key is ErrUnauthenticated; for a suspended
// membership it is Denied, because the key itself is valid.
func (s *Service) Authenticate(ctx context.Context, secret string) (*Principal, error) {
	p, err := s.AuthenticateService(ctx, secret)
	if err == nil {
		err = p.closed
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// AuthenticateService is Authenticate for a service that asks for decisions and verifies credentials. In an account that
// nobody can use it is not refused, but told so: decisions deny, and credentials are VerifySuspended.
func (s *Service) AuthenticateService(ctx context.Context, secret string) (*Principal, error) {
	if wellFormedAs(supportCredentialPrefix, secret) {
		p, err := s.supportPrincipal(ctx, s.store, SupportCredential, HashOf(secret))
		if err == nil {
			s.usage.noteSupport(p.ID, s.Now())
		}
		return p, err
	}
	if !wellFormed(secret) {
		return nil, ErrUnauthenticated
	}
	p, err := s.keyPrincipal(ctx, s.store, HashOf(secret))
	if err == nil {
		s.usage.note(p.ID, s.Now())
	}
	return p, err
}

// keyPrincipal sets Principal.closed if nobody can use the account.
func (s *Service) keyPrincipal(ctx context.Context, r Reader, hash []byte) (*Principal, error) {
	kp, err := r.KeyPrincipal(ctx, hash)
	if IsNotFound(err) {
		return nil, ErrUnauthenticated
	}
	if err != nil {
		return nil, err
	}
	now := s.Now()
	replaced := !bytes.Equal(kp.Key.Hash, hash)
	if replaced && !now.Before(kp.Key.OldUntil) {
		return nil, ErrUnauthenticated
	}
	p, err := principalOfKey(kp, now)
	if err != nil {
		return nil, err
	}
	p.secretHash, p.replaced = hash, replaced
	if replaced && (p.ends.IsZero() || kp.Key.OldUntil.Before(p.ends)) {
		p.ends = kp.Key.OldUntil
	}
	return p, nil
}

func principalOfKey(kp KeyPrincipal, now time.Time) (*Principal, error) {
	k := kp.Key
	if !k.IsActive || Expired(k.ExpiresAt, now) {
		return nil, ErrUnauthenticated
	}
	email := KeyEmail(k.ID)
	p := &Principal{
		Type: TypeAPIKey, ID: k.ID, AccountID: k.AccountID, Name: k.Name, Email: email, canonical: email,
		Tier: k.Tier, account: kp.Account, maker: k.CreatedByUser,
		ends: k.ExpiresAt, grants: Grants{Ends: k.ExpiresAt}, closed: kp.Account.Usable(),
	}
	if kp.Member != nil {
		if err := p.takeRole(*kp.Member, now); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// takeRole gives the principal the permissions of its account membership.
func (p *Principal) takeRole(m Member, now time.Time) error {
	if m.Status == StatusSuspended {
		return RefusalMembershipSuspended.With()
	}
	grant := grantOf(&m)
	if !grant.live(now) {
		return nil
	}
	role := m.Role
	p.MemberID, p.role, p.grants.Account, p.Owner = m.ID, &role, grant, grant.Owner
	return nil
}

// Expired reports whether something that ends at t has ended; the zero time never ends.
func Expired(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }

// refresh reads the principal again, inside a write or during a long response.
func (s *Service) refresh(ctx context.Context, tx Reader, p *Principal) (*Principal, error) {
	switch p.Type {
	case TypeOperator:
		return p, nil
	case TypeAPIKey:
		now, err := s.keyPrincipal(ctx, tx, p.secretHash)
		if err == nil {
			err = now.closed
		}
		return now, err
	case TypeSupport:
		now, err := s.supportPrincipal(ctx, tx, p.support.kind, p.support.hash)
		if err == nil {
			err = now.closed
		}
		return now, err
	default:
		if p.sessionHash == nil {
			return s.userPrincipal(ctx, tx, p.AccountID, p.ID)
		}
		me, err := s.ReadSession(ctx, tx, p.sessionHash)
		if err != nil {
			return nil, err
		}
		if me.Closed != nil && me.Session.AccountID == p.AccountID {
			return nil, me.Closed.With()
		}
		if me.Principal == nil || me.Principal.AccountID != p.AccountID {
			return nil, ErrSignedOut // the access was removed, or the session uses another account now
		}
		return me.Principal, nil
	}
}

// userPrincipal returns a user as the principal in one of their accounts.
func (s *Service) userPrincipal(ctx context.Context, r Reader, accountID, userID string) (*Principal, error) {
	u, err := r.KnownUser(ctx, accountID, userID)
	if IsNotFound(err) {
		return nil, ErrUnauthenticated
	}
	if err != nil {
		return nil, err
	}
	a, err := r.Account(ctx, accountID)
	if err == nil {
		err = a.Usable()
	}
	if err != nil {
		return nil, err
	}
	p := &Principal{
		Type: TypeUser, ID: u.ID, AccountID: accountID, Name: u.Name, Email: u.Email, canonical: u.CanonicalEmail,
		InPerson: true, account: a,
	}
	m, err := r.MemberOf(ctx, accountID, "", TypeUser, u.ID)
	if IsNotFound(err) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	return p, p.takeRole(m, s.Now())
}

// Require returns a Denied error unless the principal has one of the account permissions.
func (s *Service) Require(p *Principal, names ...string) error {
	for _, n := range names {
		if s.has(p, n) {
			return nil
		}
	}
	return s.permissionDenied(names)
}

func (s *Service) permissionDenied(names []string) error {
	e := RefusalPermissionMissing.With(strings.Join(names, " or "))
	e.Permission, e.Words = names[0], s.catalog.Words(names)
	return e
}

// requireIn returns an error unless the principal has any of the project permissions in the project, or any of the account
// permissions.
func (s *Service) requireIn(ctx context.Context, r Reader, p *Principal, projectID string, inProject []string, inAccount ...string) error {
	if s.Require(p, inAccount...) == nil {
		return nil
	}
	a, err := s.grantsIn(ctx, r, p, projectID)
	if err != nil {
		return err
	}
	for _, n := range inProject {
		if s.may(&a, n, InProject) {
			return nil
		}
	}
	return s.permissionDenied(append(append([]string{}, inProject...), inAccount...))
}

// Reload reads the principal again, in the middle of a long response.
func (s *Service) Reload(ctx context.Context, p *Principal) (*Principal, error) {
	return s.refresh(ctx, s.store, p)
}
