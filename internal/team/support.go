package team

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"raff/internal/event"
	"raff/internal/permission"
)

// Support access: an account grants the operator's support access for a limited time, and a person of support then opens sessions in it.

// SupportLevel is what support may do in an account.
type SupportLevel string

// The levels. SupportRead is everything that can be viewed; SupportWrite also changes members, roles and projects. API keys, secrets,
// second factors, settings, ownership and the access itself are out of reach of both.
const (
	SupportRead  SupportLevel = "read"
	SupportWrite SupportLevel = "write"
)

// How long support access and the sessions of support last.
const (
	MinSupport            = time.Hour
	MaxSupport            = 7 * 24 * time.Hour
	DefaultSupport        = 24 * time.Hour
	MinSupportSession     = 5 * time.Minute
	MaxSupportSession     = 12 * time.Hour
	DefaultSupportSession = time.Hour
	// SupportLinkLife is how long the link of a session to the dashboard can be used.
	SupportLinkLife = 15 * time.Minute
)

const (
	maxSupportReason   = 500
	maxSupportSessions = 20 // open in an account at the same time
)

// SupportGrant grants the operator's support access to an account. An account has at most one.
type SupportGrant struct {
	ID        string
	AccountID string
	Level     SupportLevel
	Reason    string
	// GrantedByType, GrantedBy and GrantedByName are who granted access.
	GrantedByType            PrincipalType
	GrantedBy, GrantedByName string
	CreatedAt, ExpiresAt     time.Time
}

// Live reports whether the grant is in effect.
func (g *SupportGrant) Live(now time.Time) bool { return g.ID != "" && now.Before(g.ExpiresAt) }

// SupportSession is the access of one person of support.
type SupportSession struct {
	ID        string
	AccountID string
	// GrantID is the grant that it was opened with. It ends with that grant, even if the account grants access again.
	GrantID                        string
	OperatorKeyID, OperatorKeyName string
	Person, Reason                 string
	// Requests is about how many requests were made, and LastUsedAt when the last one was; both lag behind by a few seconds.
	Requests             int
	CreatedAt, ExpiresAt time.Time
	LastUsedAt           time.Time
}

// SupportSecret is a kind of secret of a support session.
type SupportSecret int

// The kinds: the credential for the API, the link to the dashboard, and the cookie of the browser in which it was opened.
const (
	SupportCredential SupportSecret = iota
	SupportLink
	SupportCookie
)

// SupportRow is everything that a request needs to know about its support session.
type SupportRow struct {
	Session SupportSession
	// Grant is the one of the session, or zero if it was ended or replaced.
	Grant   SupportGrant
	Account Account
}

// SupportUse is how many requests were made with a support session, and when the last one was.
type SupportUse struct {
	Requests int
	LastAt   time.Time
}

// SupportReader reads support access.
type SupportReader interface {
	// SupportGrant returns the grant of an account, even if it has expired.
	SupportGrant(ctx context.Context, accountID string) (SupportGrant, error)
	// SupportSessions returns the sessions in an account, oldest first, even if they have expired.
	SupportSessions(ctx context.Context, accountID string) ([]SupportSession, error)
	// SupportByHash returns the session with the hash of this kind of secret, in one query. It finds none if the operator key with
	// which it was opened was revoked. Inside a transaction it also locks that key until the commit, so that revoking it waits.
	SupportByHash(ctx context.Context, kind SupportSecret, hash []byte) (SupportRow, error)
}

// SupportTx writes support access.
type SupportTx interface {
	// SetSupportGrant stores the grant of an account.
	SetSupportGrant(ctx context.Context, g SupportGrant) error
	// DeleteSupport deletes the grant of an account and all sessions in it.
	DeleteSupport(ctx context.Context, accountID string) error
	InsertSupportSession(ctx context.Context, s SupportSession, hash, linkHash []byte) error
	// TakeSupportLink uses up a link, and stores the hash of the cookie. It returns false if the link was used before.
	TakeSupportLink(ctx context.Context, linkHash, cookieHash []byte) (bool, error)
	DeleteSupportSession(ctx context.Context, id string) error
}

// SupportPermissions returns what support may do at a level, in the account and in all of its projects.
func (s *Service) SupportPermissions(level SupportLevel) (set permission.Set) {
	views := []string{permission.DecisionsExplain}
	for _, scope := range []permission.Scope{permission.ScopeAccount, permission.ScopeProject} {
		for _, p := range s.catalog.Grantable(scope) {
			switch p.Name[strings.LastIndexByte(p.Name, '.')+1:] {
			case "view", "read", "list":
				views = append(views, p.Name)
			}
		}
	}
	if level == SupportWrite {
		views = append(views, supportWrites...)
	}
	set, _ = s.catalog.SetOf(views)
	return set
}

// supportWrites are the permissions that SupportWrite has and SupportRead has not.
var supportWrites = []string{
	permission.ProjectsCreate, permission.ProjectsManage, permission.ProjectsDelete,
	permission.MembersInvite, permission.MembersManage, permission.MembersRemove,
	permission.RolesCreate, permission.RolesManage, permission.RolesDelete,
	permission.ProjectMembersInvite, permission.ProjectMembersManage, permission.ProjectMembersRemove,
}

// supporter is what a principal of support has in addition to every principal.
type supporter struct {
	row  SupportRow
	kind SupportSecret
	hash []byte
}

// behalf is for whom support acts.
func (p *supporter) behalf() event.OnBehalfOf {
	return event.OnBehalfOf{Type: "account", ID: p.row.Account.ID, Name: p.row.Account.Name, GrantedBy: p.row.Grant.GrantedByName, SessionID: p.row.Session.ID}
}

// supportOf returns the principal of a support session. Its access is a membership like any other for the function that decides.
func (s *Service) supportOf(row SupportRow, kind SupportSecret, hash []byte) *Principal {
	ends := sooner(row.Grant.ExpiresAt, row.Session.ExpiresAt)
	return &Principal{
		Type: TypeSupport, ID: row.Session.ID, AccountID: row.Session.AccountID, Name: row.Session.Person, Email: row.Session.ID + "@support.invalid",
		Tier: TierStandard, account: row.Account, ends: ends, closed: row.Account.Usable(), support: &supporter{row, kind, hash},
		grants: Grants{Ends: ends, Account: Grant{Status: StatusActive, Ends: ends, Permissions: s.SupportPermissions(row.Grant.Level), RoleSlug: "support", RoleName: "Support"}},
	}
}

// supportPrincipal returns the principal of a support session. The error for any invalid secret is ErrUnauthenticated, or
// ErrSignedOut for a cookie. It sets Principal.closed if nobody can use the account.
func (s *Service) supportPrincipal(ctx context.Context, r Reader, kind SupportSecret, hash []byte) (*Principal, error) {
	refused := ErrUnauthenticated
	if kind == SupportCookie {
		refused = ErrSignedOut
	}
	row, err := r.SupportByHash(ctx, kind, hash)
	if err != nil {
		return nil, NotFoundIs(err, refused)
	}
	if now := s.Now(); !row.Grant.Live(now) || Expired(row.Session.ExpiresAt, now) {
		return nil, refused
	}
	return s.supportOf(row, kind, hash), nil
}

// SupportLevel returns what the principal may do as the operator's support; empty for every other principal.
func (p *Principal) SupportLevel() SupportLevel {
	if p.support == nil {
		return ""
	}
	return p.support.row.Grant.Level
}

// strict reports whether the principal can only change and assign what it holds itself.
func (p *Principal) strict() bool { return p.account.Strict || p.Type == TypeSupport }

// NewSupportGrant describes the support access to grant. The zero Level and For mean SupportRead and DefaultSupport.
type NewSupportGrant struct {
	Level  SupportLevel
	For    time.Duration
	Reason string
}

// SupportAccess is the support access of an account and the sessions that use it. The ID of Grant is empty if there is none.
type SupportAccess struct {
	Grant    SupportGrant
	Sessions []SupportSession
}

// SupportAccess returns the support access of the account.
func (s *Service) SupportAccess(ctx context.Context, p *Principal) (SupportAccess, error) {
	if err := s.Require(p, permission.SettingsView, permission.SettingsManage); err != nil {
		return SupportAccess{}, err
	}
	return s.SupportAccessOf(ctx, s.store, p.AccountID)
}

// SupportGrant returns the support access that the account grants now; its ID is empty if there is none.
func (s *Service) SupportGrant(ctx context.Context, p *Principal) (SupportGrant, error) {
	g, err := s.store.SupportGrant(ctx, p.AccountID)
	if IsNotFound(err) || err == nil && !g.Live(s.Now()) {
		return SupportGrant{}, nil
	}
	return g, err
}

// SupportAccessOf returns the support access of an account, as far as it has not expired. r may be nil outside of transactions.
func (s *Service) SupportAccessOf(ctx context.Context, r SupportReader, accountID string) (out SupportAccess, err error) {
	if r == nil {
		r = s.store
	}
	now := s.Now()
	g, err := r.SupportGrant(ctx, accountID)
	if IsNotFound(err) || err == nil && !g.Live(now) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	all, err := r.SupportSessions(ctx, accountID)
	out.Grant = g
	for _, one := range all {
		if !Expired(one.ExpiresAt, now) {
			out.Sessions = append(out.Sessions, one)
		}
	}
	return out, err
}

// GrantSupport grants the operator's support access to the account. It replaces earlier access and ends its sessions.
func (s *Service) GrantSupport(ctx context.Context, p *Principal, n NewSupportGrant) (out SupportAccess, err error) {
	if n.Level == "" {
		n.Level = SupportRead
	}
	if n.For == 0 {
		n.For = DefaultSupport
	}
	switch {
	case n.Level != SupportRead && n.Level != SupportWrite:
		return out, RefusalSupportLevel.With()
	case n.For < MinSupport || n.For > MaxSupport:
		return out, RefusalSupportTime.With(int(MinSupport/time.Hour), int(MaxSupport/time.Hour))
	case utf8.RuneCountInString(n.Reason) > maxSupportReason:
		return out, RefusalSupportReason.With(maxSupportReason)
	}
	err = s.write(ctx, p, Exclusive, func(w *work) error {
		if err := w.mayLetSupportIn(n.Level); err != nil {
			return err
		}
		old, err := w.SupportGrant(ctx, w.p.AccountID)
		if err != nil && !IsNotFound(err) {
			return err
		}
		if err := w.DeleteSupport(ctx, w.p.AccountID); err != nil {
			return err
		}
		out = SupportAccess{Grant: SupportGrant{
			ID: s.newID(), AccountID: w.p.AccountID, Level: n.Level, Reason: n.Reason, GrantedByType: w.p.Type, GrantedBy: w.p.ID, GrantedByName: w.p.called(),
			CreatedAt: w.at, ExpiresAt: w.at.Add(n.For),
		}}
		w.made = out
		if err := w.SetSupportGrant(ctx, out.Grant); err != nil {
			return err
		}
		return w.recordSupport(event.SupportAccessGranted{
			ExpiresAt: out.Grant.ExpiresAt.Format(time.RFC3339), Level: string(n.Level), Reason: n.Reason, Replaced: old.Live(w.at),
		})
	})
	return out, err
}

// called is the name of the principal in records.
func (p *Principal) called() string {
	if p.Name == "" {
		return p.Email
	}
	return p.Name
}

// mayLetSupportIn decides whether the caller may grant support access. To grant read access, managing the settings is sufficient. To grant write
// access, the caller must hold the permissions with which support can change something.
func (g *guard) mayLetSupportIn(level SupportLevel) error {
	if err := g.s.Require(g.p, permission.SettingsManage); err != nil || level == SupportRead {
		return err
	}
	held, err := g.s.held(g.ctx, g, g.p, "")
	if err != nil {
		return err
	}
	changes := g.s.SupportPermissions(SupportWrite).Minus(g.s.SupportPermissions(SupportRead))
	if missing := changes.Intersect(g.s.catalog.GrantableSet(permission.ScopeAccount)).Minus(held); !missing.Empty() {
		e := g.escalation(missing, RefusalSupportBeyondHeld)
		e.Field = "level"
		return e
	}
	return nil
}

// EndSupport ends support access. No request of support that begins after EndSupport has returned is accepted, and no change of theirs
// commits after it. The error is ErrNotFound if there is no support access.
func (s *Service) EndSupport(ctx context.Context, p *Principal) error {
	return s.write(ctx, p, Exclusive, func(w *work) error {
		if err := s.Require(w.p, permission.SettingsManage); err != nil {
			return err
		}
		g, err := w.SupportGrant(ctx, w.p.AccountID)
		if err != nil {
			return err
		}
		if !g.Live(w.at) {
			return ErrNotFound // ExpireSupport records it
		}
		people, requests, err := w.endSupport()
		if err != nil {
			return err
		}
		return w.recordSupport(event.SupportAccessEnded{People: people, Requests: requests})
	})
}

// endSupport deletes the grant and the sessions, and returns whose they were and about how many requests they made.
func (w *work) endSupport() (people []string, requests int, err error) {
	sessions, err := w.SupportSessions(w.ctx, w.p.AccountID)
	for _, one := range sessions {
		people = append(people, one.Person)
		requests += one.Requests
	}
	if err == nil {
		err = w.DeleteSupport(w.ctx, w.p.AccountID)
	}
	return people, requests, err
}

// recordSupport writes an event about support access to the log of the account and to the operator's.
func (w *work) recordSupport(told event.Payload) error {
	a, err := w.Account(w.ctx, w.p.AccountID)
	if err != nil {
		return err
	}
	if err := w.record(a.Target(), told); err != nil {
		return err
	}
	operators := *w.p
	operators.AccountID = event.OperatorLog
	return w.s.record(w.ctx, w.Tx, &operators, w.at, event.Event{Target: a.Target()}, told)
}

// ExpireSupport deletes support access and sessions that have expired, and records each of them once.
func (s *Service) ExpireSupport(ctx context.Context) error {
	ids, err := s.store.ExpiredSupport(ctx, s.Now())
	if err != nil {
		return fmt.Errorf("look for expired support access: %w", err)
	}
	for _, id := range ids {
		err := s.store.Update(ctx, id, Exclusive, func(tx Tx) error {
			return s.work(ctx, tx, &Principal{Type: TypeOperator, ID: event.SystemID, AccountID: id, Name: event.SystemID}).expireSupport()
		})
		if err != nil && !IsNotFound(err) {
			return fmt.Errorf("end the expired support access of account %s: %w", id, err)
		}
	}
	return nil
}

func (w *work) expireSupport() error {
	g, err := w.SupportGrant(w.ctx, w.p.AccountID)
	if err != nil {
		return err // it was ended a moment ago
	}
	if !g.Live(w.at) {
		people, requests, err := w.endSupport()
		if err != nil {
			return err
		}
		return w.recordSupport(event.SupportAccessExpired{People: people, Requests: requests})
	}
	sessions, err := w.SupportSessions(w.ctx, w.p.AccountID)
	for _, one := range sessions {
		if err == nil && Expired(one.ExpiresAt, w.at) {
			err = w.endSupportSession(one, true)
		}
	}
	return err
}

func (w *work) endSupportSession(one SupportSession, expired bool) error {
	if err := w.DeleteSupportSession(w.ctx, one.ID); err != nil {
		return err
	}
	return w.recordSupport(event.SupportSessionEnded{Expired: expired, Person: one.Person, Requests: one.Requests, SessionID: one.ID})
}

// delegating are the permissions to assign roles without holding their permissions. Support never assigns them: a member who had them could
// give someone of support more access, and for longer, than the account granted.
var delegating = []string{permission.MembersManage, permission.ProjectMembersManage}

// supportMayBind decides in addition to mayBind for support, which assigns no roles to API keys, and none with more than it may do.
func (g *guard) supportMayBind(to subject, role Role) error {
	if g.p.Type == TypeSupport && to.keyID != "" {
		return RefusalSupportKeys.With()
	}
	return g.supportMayAdd(role.Permissions)
}

// supportMayReshape decides whether support may change the permissions of a role that these memberships have: only if it may change each of
// them, because they change with the role.
func (g *guard) supportMayReshape(holders []Member) error {
	if g.p.Type != TypeSupport {
		return nil
	}
	for _, m := range holders {
		if m.APIKeyID != "" {
			return RefusalSupportKeys.With()
		}
	}
	return g.dominates(holders...)
}

// supportMayAdd decides whether support may give somebody these permissions, with a role or by changing a role. Every other principal may,
// as far as this is concerned.
func (g *guard) supportMayAdd(added permission.Set) error {
	if g.p.Type != TypeSupport {
		return nil
	}
	kept, _ := g.s.catalog.SetOf(delegating)
	if beyond := added.Minus(g.p.grants.Account.Permissions.Minus(kept)); !beyond.Empty() {
		return g.escalation(beyond, RefusalSupportHandsOut)
	}
	return nil
}
