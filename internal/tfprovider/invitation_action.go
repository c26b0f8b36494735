package tfprovider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/actionvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ action.ActionWithConfigure        = (*resendAction)(nil)
	_ action.ActionWithConfigValidators = (*resendAction)(nil)
)

// resendAction resends an invitation.
type resendAction struct{ *session }

func newResendAction() action.Action { return &resendAction{} }

type resendModel struct {
	InvitationID types.String `tfsdk:"invitation_id"`
	MemberID     types.String `tfsdk:"member_id"`
}

func (a *resendAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_invitation_resend"
}

func (a *resendAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Resends an invitation with a new link and a new expiry, for the same member. Earlier links stop working. Also reopens an invitation that expired or was declined.",
		Attributes: map[string]schema.Attribute{
			"invitation_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "ID of the invitation, such as `raff_member.alice.invitation_id`. Conflicts with `member_id`.",
			},
			"member_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The `id` of a `raff_member` or `raff_project_member`. Conflicts with `invitation_id`.",
			},
		},
	}
}

func (a *resendAction) ConfigValidators(context.Context) []action.ConfigValidator {
	return []action.ConfigValidator{actionvalidator.ExactlyOneOf(path.MatchRoot("invitation_id"), path.MatchRoot("member_id"))}
}

func (a *resendAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.session = sessionOf(req.ProviderData)
	a.needsKey(&resp.Diagnostics)
}

func (a *resendAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m resendModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := a.begin(ctx, "", "invitation", &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	id := m.InvitationID.ValueString()
	if id == "" {
		if id = a.invitationOf(ctx, m.MemberID.ValueString(), &resp.Diagnostics); id == "" {
			return
		}
	}
	inv, err := a.client.Invitations.Resend(ctx, id)
	if err != nil {
		a.report(ctx, &resp.Diagnostics, "resend the invitation", err)
		return
	}
	resp.SendProgress(action.InvokeProgressEvent{
		Message: "Invited " + inv.Email + " again; the link works until " + timestamp(&inv.ExpiresAt).ValueString() + ".",
	})
}

// invitationOf is the invitation of a member; empty, with an error, if there is none.
func (a *resendAction) invitationOf(ctx context.Context, ref string, diags *diag.Diagnostics) string {
	project, id, ok := strings.Cut(ref, "/")
	if !ok {
		project, id = "", ref
	}
	m, err := a.getMember(ctx, project, id)
	switch {
	case err != nil:
		a.report(ctx, diags, "find the member "+ref, err)
	case m.InvitationID == nil:
		diags.AddAttributeError(path.Root("member_id"), m.Email+" has no invitation", "The member is "+m.Status+" and has nothing to accept.")
	default:
		return *m.InvitationID
	}
	return ""
}
