package tfprovider

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"raff/api"
)

// A plan that needs nothing from the server works without it: terraform plan -refresh=false without changes. So the
// provider's configuration does not require an answer of the server; the first operation that needs one does.

// firstTry is how long the provider's configuration waits for the server.
const firstTry = 3 * time.Second

// caller knows whose API key the provider uses. It must be known before any other call.
type caller struct {
	ask func(context.Context) (*api.Whoami, error)

	known  atomic.Pointer[api.Whoami]
	failed atomic.Pointer[error]
	mu     sync.Mutex // held while asking
}

// get asks the server once per run. Concurrent callers wait for the same answer, and a failure, after all retries, is
// final: otherwise each resource would wait for the whole retry_timeout.
func (c *caller) get(ctx context.Context) (*api.Whoami, error) {
	if me := c.known.Load(); me != nil {
		return me, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if me := c.known.Load(); me != nil {
		return me, nil
	}
	if err := c.failed.Load(); err != nil {
		return nil, *err
	}
	me, err := c.ask(ctx)
	switch {
	case err == nil:
		c.known.Store(me)
	case ctx.Err() == nil:
		c.failed.Store(&err)
	}
	return me, err
}

// try asks the server for a short time; a failure is not final.
func (c *caller) try(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, firstTry)
	defer stop()
	me, err := c.ask(ctx)
	if err == nil {
		c.known.Store(me)
	}
	return err
}

// rename sets the name of the account, after this run has changed it.
func (c *caller) rename(account string) {
	me := *c.known.Load()
	me.Account.Name = account
	c.known.Store(&me)
}

// accountID is the ID of the API key's account; empty if it is not known yet.
func (s *session) accountID() string {
	if me := s.whoami.known.Load(); me != nil {
		return me.Account.ID
	}
	return ""
}

// reached reports whether the server has answered, for what is only worth a call if that can succeed.
func (s *session) reached() bool { return s.connected() && s.whoami.known.Load() != nil }

// reach reports whether the server can be used. It adds an error if not, unless the provider's configuration is unknown.
func (s *session) reach(ctx context.Context, diags *diag.Diagnostics) bool {
	return s.connected() && s.sameAccount(ctx, "", "", diags)
}

// confirmHome is called at the end of a plan: a plan that changes an object needs an API key of its account. Without a
// change, the server is not needed.
func (s *session) confirmHome(ctx context.Context, home, what string, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	changes := len(resp.RequiresReplace) > 0 || !resp.Plan.Raw.Equal(req.State.Raw)
	if changes && s.connected() && !resp.Diagnostics.HasError() {
		s.elsewhere(ctx, home, what, &resp.Diagnostics)
	}
}

// A refresh or a plan of a resource does not repeat an error that another resource of the run has explained: the run
// fails anyway, and the state is kept. Data sources report every error, because otherwise other resources would be
// evaluated without their result.

type hushKey struct{}

// The values of hushKey.
const (
	hushRead = iota + 1
	hushPlan // only if the server cannot be used: a plan that is otherwise incomplete would be followed by errors about that
)

// hush starts the refresh or the plan of a resource. The caller defers end, with the diagnostics of the response.
func (managed) hush(ctx context.Context, how int, diags *diag.Diagnostics) (quiet context.Context, end func()) {
	return context.WithValue(ctx, hushKey{}, how), func() {
		*diags = slices.DeleteFunc(*diags, func(d diag.Diagnostic) bool {
			_, known := d.(repeated)
			return known
		})
	}
}

// hushes reports whether the operation leaves out repeated errors.
func (s *session) hushes(ctx context.Context) bool {
	switch ctx.Value(hushKey{}) {
	case hushRead:
		return true
	case hushPlan:
		return s.whoami.failed.Load() != nil
	}
	return false
}

// repeated is an error that only ends the operation of one resource.
type repeated struct{ diag.ErrorDiagnostic }
