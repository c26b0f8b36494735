package httpapi

import (
	"context"

	"raff/api"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) verifyKey(ctx context.Context, c *call) (any, error) {
	var b api.VerifyKeyRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	return s.verify(ctx, c, "key", b, s.svc.VerifyKey)
}

func (s *server) verifySession(ctx context.Context, c *call) (any, error) {
	var b api.VerifySessionRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	return s.verify(ctx, c, "token", api.VerifyKeyRequest{Key: b.Token, ProjectID: b.ProjectID, Permission: b.Permission}, s.svc.VerifySession)
}

type verifier = func(context.Context, *team.Principal, team.Verification) (team.Verified, error)

func (s *server) verify(ctx context.Context, c *call, field string, b api.VerifyKeyRequest, verify verifier) (any, error) {
	var v team.Verification
	var err error
	if v.Secret, err = rest.Required(field, b.Key); err != nil {
		return nil, err
	}
	if v.ProjectID, err = rest.UUIDOf("project_id", b.ProjectID); err != nil {
		return nil, err
	}
	if b.Permission != nil {
		v.Permission = *b.Permission
	}
	out, err := verify(ctx, c.who, v)
	if err != nil {
		return nil, err
	}
	return rest.One(s.verification(&out)), nil
}

// verification converts a result to its API form, and counts it against the limit of the credential.
func (s *server) verification(v *team.Verified) api.Verification {
	out := api.Verification{Code: string(v.Code)}
	if v.Code == team.VerifyNotFound {
		return out
	}
	out.Principal = &api.VerifiedPrincipal{Type: string(v.Type), ID: v.ID, Name: v.Name}
	out.Account = &api.VerifiedAccount{ID: v.Account.ID, Name: v.Account.Name}
	out.Permissions, out.ExpiresAt = v.Permissions, rest.StampOf(v.Expires)
	if v.Code == team.VerifyValid || v.Code == team.VerifyInsufficient {
		limit, left := s.front.AllowVerified(v.ID, v.Tier)
		if left < 0 {
			out.Code, left = string(team.VerifyRateLimited), 0
		}
		if limit.PerSecond > 0 {
			out.Limits = &api.VerifiedLimits{Tier: v.Tier, RequestsPerSecond: limit.PerSecond, Burst: limit.Burst, Remaining: left}
		}
	}
	out.Valid = out.Code == api.VerifyValid
	return out
}
