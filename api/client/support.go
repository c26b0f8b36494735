package client

import (
	"context"
	"net/http"

	"raff/api"
)

const supportPath = "/api/v1/account/support-access"

// Support returns whether the account grants access to the operator's support, and who uses it. Grant is nil if it does not.
func (s *AccountService) Support(ctx context.Context) (*api.SupportAccess, error) {
	return get[api.SupportAccess](ctx, s.c, supportPath)
}

// GrantSupport grants the operator's support access for a limited time. It replaces earlier access and ends the sessions of support.
func (s *AccountService) GrantSupport(ctx context.Context, in api.GrantSupportRequest, opts ...CallOption) (*api.SupportAccess, error) {
	return fetch[api.SupportAccess](ctx, s.c, request{method: http.MethodPost, path: supportPath, body: in}, opts...)
}

// EndSupport ends support access and all sessions of support immediately. The error satisfies IsNotFound if support was not let in.
func (s *AccountService) EndSupport(ctx context.Context) (*api.Done, error) {
	return del(ctx, s.c, nil, supportPath)
}

// Support returns whether an account grants support access, and the open sessions.
func (s *OperatedAccountService) Support(ctx context.Context, id string) (*api.SupportAccess, error) {
	return get[api.SupportAccess](ctx, s.c, operatedPath+"/support-access", id)
}

// OpenSupport opens a session for a person of support in an account that grants support access. The response is the only one with the
// credential and the link; a repeated request opens another session.
func (s *OperatedAccountService) OpenSupport(ctx context.Context, id string, in api.OpenSupportRequest, opts ...CallOption) (*api.OpenedSupportSession, error) {
	return post[api.OpenedSupportSession](ctx, s.c, in, opts, operatedPath+"/support-sessions", id)
}

// EndSupport ends a session of support immediately.
func (s *OperatedAccountService) EndSupport(ctx context.Context, id, sessionID string) (*api.Done, error) {
	return del(ctx, s.c, nil, operatedPath+"/support-sessions/%s", id, sessionID)
}
