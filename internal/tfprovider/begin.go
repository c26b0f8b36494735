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

// finishGrace is how long something that has begun goes on after Ctrl-C, beyond the time that its calls are retried.
const finishGrace = time.Minute

type begunKey struct{}

// begin is where everything that changes something starts. It refuses the key of another account before the first
// call, and returns a context that Ctrl-C does not cancel: what the server has made would be in no state otherwise.
// home is the account of the object, empty where that is not known; what is a noun with a name. If it adds an error,
// nothing may be sent.
func (s *session) begin(ctx context.Context, home, what string, diags *diag.Diagnostics) (context.Context, context.CancelFunc) {
	switch {
	case !s.ready(diags):
	case ctx.Err() != nil:
		diags.AddError("Interrupted", "Nothing was done about the "+what+".")
	default:
		s.sameAccount(ctx, home, what, diags)
	}
	return s.finish(ctx)
}

// finish is begin without its checks, for what has to be done in any case.
func (s *session) finish(ctx context.Context) (context.Context, context.CancelFunc) {
	grace := finishGrace
	if s != nil {
		grace += s.retryFor
	}
	ctx, stop := client.Finish(ctx, grace)
	return context.WithValue(ctx, begunKey{}, true), stop
}

var errNotBegun = errors.New("the provider was about to change something without looking at the account first; please report this as a bug")

// guardWrites is where every write of the run passes, whichever resource makes it. None goes out that did not begin with
// begin. What was read before is forgotten: a project that is deleted takes memberships along, a role that is renamed
// shows in each of its members.
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

// sameAccount refuses a key of another account than the object is in. It reports whether the key may go on.
func (s *session) sameAccount(ctx context.Context, home, what string, diags *diag.Diagnostics) bool {
	me, err := s.whoami.get(ctx)
	switch {
	case err != nil:
		s.report(ctx, diags, "find out whose API key this is", err)
	case home != "" && me.Account.ID != home:
		s.tell(diags, causeAccount, diag.NewErrorDiagnostic("The API key belongs to another account", fmt.Sprintf(
			"The state holds the %s of the account %s, but the API key belongs to the account %q (%s). Nothing was changed. "+
				"Use a key of the account that this state was made with.", what, home, me.Account.Name, me.Account.ID)))
	default:
		return true
	}
	return false
}

// atHome refuses at plan time what begin would refuse: a plan without a refresh has not looked.
func (s *session) atHome(ctx context.Context, account types.String, notes noteReader, what string, diags *diag.Diagnostics) bool {
	return !s.connected() || !s.elsewhere(ctx, homeOf(ctx, account, notes), what, diags)
}

// homeOf is the account an object is in: what the state says, or for a state of an earlier version the note beside it.
func homeOf(ctx context.Context, account types.String, notes noteReader) string {
	if known(account) {
		return account.ValueString()
	}
	return readNote[string](ctx, notes, noteAccount)
}

// planAccount shows in the plan which account something is made in. Terraform then refuses an apply with the key of
// another account, because it makes the plan once more and finds it different.
func (s *session) planAccount(ctx context.Context, account *types.String, diags *diag.Diagnostics) {
	if !s.connected() {
		return
	}
	me, err := s.whoami.get(ctx)
	if err != nil {
		s.report(ctx, diags, "find out whose API key this is", err)
		return
	}
	*account = types.StringValue(me.Account.ID)
}

func accountAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		MarkdownDescription: "Id of the account it is in. An API key of another account is refused before it reads or changes anything.",
	}
}
