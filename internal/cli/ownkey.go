package cli

import (
	"context"

	"raff/api"
	"raff/api/client"
)

// usesKey reports whether the command itself uses the API key with this id. If the server does not say, it reports false.
func usesKey(ctx context.Context, c *client.Client, id string) bool {
	w, err := c.Whoami(ctx)
	return err == nil && w.Principal.Type == api.PrincipalAPIKey && w.Principal.ID == id
}

// warnOwnKey warns before a command takes away the API key that it uses. lost is what happens, such as "revoked".
func (a *app) warnOwnKey(ctx context.Context, c *client.Client, id, lost string) {
	if usesKey(ctx, c, id) {
		a.note("Warning: this is the API key that this command uses, from %s. Once it is %s, raff no longer works with it.", a.keyFrom, lost)
	}
}

// warnOwnMember warns before a command suspends the member that is the API key it uses.
func (a *app) warnOwnMember(ctx context.Context, c *client.Client, memberID string) {
	if w, err := c.Whoami(ctx); err == nil && w.Principal.Type == api.PrincipalAPIKey && text(w.Principal.MemberID) == memberID {
		a.note("Warning: this is the API key that this command uses, from %s. Once it is suspended, raff no longer works with it.", a.keyFrom)
	}
}
