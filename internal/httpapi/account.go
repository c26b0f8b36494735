package httpapi

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"raff/api"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) getAccount(ctx context.Context, c *call) (any, error) {
	a, err := s.svc.GetAccount(ctx, c.who)
	if err != nil {
		return nil, err
	}
	return s.account(ctx, c, &a)
}

func (s *server) updateAccount(ctx context.Context, c *call) (any, error) {
	var b api.UpdateAccountRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	change := team.AccountChange{Name: b.Name, RequireFactor: b.RequireSecondFactor}
	if b.Language != nil {
		language := *b.Language
		if language == api.LanguageAuto {
			language = ""
		} else if language == "" {
			return nil, team.RefusalUnknownLanguage.With()
		}
		change.Language = &language
	}
	if b.GrantPolicy != nil {
		strict := *b.GrantPolicy == api.GrantPolicyStrict
		if !strict && *b.GrantPolicy != api.GrantPolicyDelegated {
			return nil, rest.Invalid("grant_policy", "invalid_grant_policy", "grant_policy must be delegated or strict.")
		}
		change.Strict = &strict
	}
	a, err := s.svc.UpdateAccount(ctx, c.who, change)
	if err != nil {
		return nil, err
	}
	return s.account(ctx, c, &a)
}

// account converts an account to its API form.
func (s *server) account(ctx context.Context, c *call, a *team.Account) (any, error) {
	out := api.Account{
		ID: a.ID, Name: a.Name, GrantPolicy: api.GrantPolicyDelegated, RequireSecondFactor: a.RequireFactor,
		Language:  cmp.Or(a.Language, api.LanguageAuto),
		CreatedAt: rest.Stamp(a.CreatedAt), UpdatedAt: rest.Stamp(a.UpdatedAt),
	}
	if a.Strict {
		out.GrantPolicy = api.GrantPolicyStrict
	}
	days, err := s.audit.Retention(ctx, c.who)
	if days > 0 {
		out.AuditRetentionDays = &days
	}
	if err != nil {
		return nil, err
	}
	support, err := s.svc.SupportGrant(ctx, c.who)
	out.SupportAccess = rest.SupportGrant(&support)
	return rest.One(out), err
}

func (s *server) transferOwnership(ctx context.Context, c *call) (any, error) {
	var b api.TransferOwnershipRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	if b.MemberID == nil {
		return nil, rest.Invalid("member_id", "required", "member_id is required: the id of the member who becomes the Owner.")
	}
	id, err := rest.UUIDOf("member_id", b.MemberID)
	if err != nil {
		return nil, err
	}
	proof := team.Proof{Source: c.Front.Remote}
	if b.CurrentPassword != nil {
		proof.Password = *b.CurrentPassword
	}
	if b.Passkey != nil {
		proof.Passkey = []byte(*b.Passkey)
	}
	m, err := s.svc.TransferOwnership(ctx, c.who, id, proof)
	return rest.One(s.member(&m)), unproved(err)
}

// unproved distinguishes a caller with a valid session who failed to confirm it from a caller without a valid credential.
func unproved(err error) error {
	e, ok := errors.AsType[*team.Error](err)
	if ok && e.Kind == team.KindUnauthenticated && e.Field != "" {
		return &rest.Refusal{Status: http.StatusForbidden, Code: e.Code, Field: e.Field, Message: message(e)}
	}
	return err
}
