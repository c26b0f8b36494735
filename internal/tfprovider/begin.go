package tfprovider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api/client"
)

// finishGrace is how long an operation in progress may continue after Ctrl-C, beyond its retries.
const finishGrace = time.Minute

type begunKey struct{}

// begin starts every operation that changes something. It refuses an API key of another account before the first call,
// and returns a context that Ctrl-C does not cancel, because objects created by the server would otherwise be missing
// from the state. home is the account of the object, or empty if it is unknown; what is a noun with a name. If begin
// adds an error, nothing may be sent.
func (s *session) begin(ctx context.Context, home, what string, diags *diag.Diagnostics) (context.Context, context.CancelFunc) {
	switch {
	case !s.ready(ctx, diags):
	case ctx.Err() != nil:
		diags.AddError("Interrupted", "Nothing was changed: "+what+".")
	default:
		s.sameAccount(ctx, home, what, diags)
	}
	return s.finish(ctx)
}

// finish is begin without its checks, for cleanup that must be done in any case.
func (s *session) finish(ctx context.Context) (context.Context, context.CancelFunc) {
	grace := finishGrace
	if s != nil {
		grace += s.retryFor
	}
	ctx, stop := client.Finish(ctx, grace)
	return context.WithValue(ctx, begunKey{}, true), stop
}

var errNotBegun = errors.New("the provider was about to make a change without checking the account first; please report this as a bug")

// guardWrites wraps every write of the run, from any resource, and refuses writes that did not start with begin. After
// a write, cached reads are discarded: deleting a project also removes memberships, and renaming a role changes its
// members.
func (s *session) guardWrites(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			return next.RoundTrip(r)
		}
		if r.Context().Value(begunKey{}) == nil {
			return nil, errNotBegun
		}
		s.wrote.Store(true)
		defer s.forget()
		return next.RoundTrip(r)
	})
}

// sameAccount refuses an API key of another account than the object's. It reports whether the operation may continue.
func (s *session) sameAccount(ctx context.Context, home, what string, diags *diag.Diagnostics) bool {
	me, err := s.whoami.get(ctx)
	switch {
	case err != nil:
		s.reportCaller(ctx, diags, err)
	case home != "" && me.Account.ID != home:
		s.tell(ctx, diags, causeAccount, diag.NewErrorDiagnostic("The API key belongs to another account", fmt.Sprintf(
			"The state has the %s of the account %s, but the API key belongs to the account %q (%s). Nothing was changed. "+
				"Use an API key of the account in the state.", what, home, me.Account.Name, me.Account.ID)))
	default:
		return true
	}
	return false
}

// atHome refuses during plan what begin would refuse, because a plan without a refresh has not read anything yet. If the
// server has not answered so far, that waits for confirmHome.
func (s *session) atHome(ctx context.Context, home, what string, diags *diag.Diagnostics) bool {
	return !s.reached() || !s.elsewhere(ctx, home, what, diags)
}

// homeOf is the account of an object: from the state, or, for a state of an earlier version, from the private data
// beside it.
func homeOf(ctx context.Context, account types.String, notes noteReader) string {
	if known(account) {
		return account.ValueString()
	}
	return readNote[string](ctx, notes, noteAccount)
}

// planAccount plans the account of a new object. Terraform then refuses an apply with an API key of another account,
// because it repeats the plan and gets a different result.
func (s *session) planAccount(ctx context.Context, account *types.String, diags *diag.Diagnostics) {
	if s.reach(ctx, diags) {
		*account = types.StringValue(s.accountID())
	}
}

func accountAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		MarkdownDescription: "ID of the account. An API key of another account is refused before it reads or changes anything.",
	}
}
