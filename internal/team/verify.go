package team

import (
	"bytes"
	"context"
	"errors"
	"time"

	"raff/internal/permission"
)

// VerifyCode is the result of verifying a credential.
type VerifyCode string

// The results.
const (
	VerifyValid        VerifyCode = "VALID"
	VerifyNotFound     VerifyCode = "NOT_FOUND"
	VerifyDisabled     VerifyCode = "DISABLED"
	VerifyExpired      VerifyCode = "EXPIRED"
	VerifySuspended    VerifyCode = "SUSPENDED"
	VerifyInsufficient VerifyCode = "INSUFFICIENT_PERMISSIONS"
	VerifyRateLimited  VerifyCode = "RATE_LIMITED"
)

// Verification asks whether a credential that a service received is valid, and whether it grants something.
type Verification struct {
	Secret string // an API key, or the token of a dashboard session
	// ProjectID is the project of the permissions; empty means the account.
	ProjectID string
	// Permission is a combination of permissions; see permission.Query. Empty means none.
	Permission string
}

// Verified is what a service may know about a credential. Everything but Code is empty if the code is VerifyNotFound.
type Verified struct {
	Code    VerifyCode
	Type    PrincipalType
	ID      string
	Name    string
	Account Account
	Tier    string
	// Expires is when the credential expires; zero means never.
	Expires time.Time
	// Permissions are those in the project or account, in the order of the catalog. They are empty unless Code is
	// VerifyValid or VerifyInsufficient.
	Permissions []string
}

// VerifyKey verifies an API key that a service received from its customer. A key of another account is not found, and
// takes as long as one that does not exist.
func (s *Service) VerifyKey(ctx context.Context, p *Principal, v Verification) (Verified, error) {
	query, err := s.verification(ctx, p, v)
	if err != nil {
		return Verified{}, err
	}
	hash := HashOf(v.Secret)
	id, accountID, err := s.store.KeyByHash(ctx, hash)
	if err != nil && !IsNotFound(err) {
		return Verified{}, err
	}
	found := err == nil && accountID == p.AccountID
	if !found {
		id = p.ID // the same work for every result
	}
	kp, err := s.store.KeyPrincipalByID(ctx, id)
	if IsNotFound(err) {
		found, err = false, nil // revoked a moment ago
	}
	if err != nil {
		return Verified{}, err
	}
	if !found {
		return Verified{Code: VerifyNotFound}, nil
	}
	g := Grants{Closed: kp.Account.Closed() != nil, Disabled: !kp.Key.IsActive, Ends: kp.Key.ExpiresAt}
	if kp.Member != nil {
		g.Account = grantOf(kp.Member)
	}
	if !bytes.Equal(kp.Key.Hash, hash) {
		g.Ends = sooner(g.Ends, kp.Key.OldUntil) // the old secret of a rotated key
	}
	out := Verified{Type: TypeAPIKey, ID: kp.Key.ID, Name: kp.Key.Name, Account: kp.Account, Tier: kp.Key.Tier, Expires: g.Ends}
	return s.verified(ctx, out, g, v, query)
}

// VerifySession verifies the token of a dashboard session that a service received. A session in another account is not
// found.
func (s *Service) VerifySession(ctx context.Context, p *Principal, v Verification) (Verified, error) {
	query, err := s.verification(ctx, p, v)
	if err != nil {
		return Verified{}, err
	}
	me, err := s.ReadSession(ctx, s.store, HashOf(v.Secret))
	switch {
	case errors.Is(err, ErrSignedOut), errors.Is(err, ErrFactorNeeded), err == nil && me.Session.AccountID != p.AccountID:
		return Verified{Code: VerifyNotFound}, nil
	case err != nil:
		return Verified{}, err
	}
	out := Verified{Type: TypeUser, ID: me.User.ID, Name: me.User.Name, Tier: TierStandard, Expires: me.Session.ExpiresAt}
	if me.Principal == nil {
		if out.Code = VerifyNotFound; me.Suspended || me.Closed != nil {
			out.Code, out.Account = VerifySuspended, p.account
			return out, nil
		}
		return Verified{Code: VerifyNotFound}, nil
	}
	out.Account = me.Principal.account
	return s.verified(ctx, out, me.Principal.grants, v, query)
}

// verification checks the caller and what it asks for.
func (s *Service) verification(ctx context.Context, p *Principal, v Verification) (q *permission.Query, err error) {
	if err := s.Require(p, permission.DecisionsEvaluate); err != nil {
		return nil, err
	}
	if v.ProjectID != "" {
		if _, err := s.store.Project(ctx, p.AccountID, v.ProjectID); err != nil {
			return nil, NotFoundIs(err, RefusalUnknownReference.At("project_id", "project_id", "project"))
		}
	}
	if v.Permission == "" {
		return nil, nil
	}
	parsed, err := s.catalog.ParseQuery(v.Permission)
	if err != nil {
		return nil, RefusalInvalidQuery.With(err)
	}
	return &parsed, nil
}

// verified decides about a credential that exists.
func (s *Service) verified(ctx context.Context, out Verified, g Grants, v Verification, query *permission.Query) (Verified, error) {
	in := InAccount
	if v.ProjectID != "" {
		in = InProject
		m, err := s.store.MemberOf(ctx, out.Account.ID, v.ProjectID, out.Type, out.ID)
		if err != nil && !IsNotFound(err) {
			return Verified{}, err
		}
		if err == nil {
			g.Project = grantOf(&m)
		}
	}
	now := s.Now()
	switch g.blocked(now) {
	case ReasonKeyDisabled:
		out.Code = VerifyDisabled
		return out, nil
	case ReasonKeyExpired:
		out.Code = VerifyExpired
		return out, nil
	case ReasonSuspended, ReasonAccountSuspended:
		out.Code = VerifySuspended
		return out, nil
	}
	has := func(id permission.ID) bool { return Decide(s.catalog, &g, id, in, nil, now).Allowed }
	out.Permissions = []string{}
	for i, p := range s.catalog.Grantable("") {
		if has(permission.ID(i)) {
			out.Permissions = append(out.Permissions, p.Name)
		}
	}
	out.Code = VerifyValid
	if query != nil && !query.Holds(has) {
		out.Code = VerifyInsufficient
	}
	return out, nil
}
