package tfprovider

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
)

var (
	_ ephemeral.EphemeralResourceWithConfigure = (*apiKeyEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithRenew     = (*apiKeyEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithClose     = (*apiKeyEphemeral)(nil)
)

// defaultLease is how long an ephemeral key remains valid after an interrupted run that could not revoke it.
const defaultLease = 15 * time.Minute

// noteLease is what Renew and Close need to know about the key.
const noteLease = "lease"

type lease struct {
	ID       string        `json:"id"`
	Lifetime time.Duration `json:"lifetime"`
}

// apiKeyEphemeral is an API key for one run: created when needed, revoked at the end, and never stored in a state or
// plan.
type apiKeyEphemeral struct{ *session }

func newAPIKeyEphemeral() ephemeral.EphemeralResource { return &apiKeyEphemeral{} }

type apiKeyEphemeralModel struct {
	Name      types.String `tfsdk:"name"`
	RoleID    types.String `tfsdk:"role_id"`
	Lifetime  types.String `tfsdk:"lifetime"`
	ID        types.String `tfsdk:"id"`
	KeyPrefix types.String `tfsdk:"key_prefix"`
	Secret    types.String `tfsdk:"secret"`
	ExpiresAt types.String `tfsdk:"expires_at"`
}

func (e *apiKeyEphemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_api_key"
}

func (e *apiKeyEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An API key for the duration of one run: created when the run needs it and revoked when the run ends. Its secret is never stored in the state or in a plan.\n\n" +
			"Terraform opens ephemeral resources during plan and again during apply, so each creates its own key. An interrupted run leaves a key behind, which expires after `lifetime`.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, 128), nameRule(128)},
				MarkdownDescription: "Display name, also used in the audit log.",
			},
			"role_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "ID of the account role of the key. Without a role, the key has no permissions.",
			},
			"lifetime": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{durationValidator{time.Minute}},
				MarkdownDescription: "How long the key remains valid after a run that could not revoke it, such as `15m` (default). The key is renewed during the run.",
			},
			"id":         schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the key."},
			"key_prefix": schema.StringAttribute{Computed: true, MarkdownDescription: "First characters of the secret."},
			"secret":     schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The secret."},
			"expires_at": schema.StringAttribute{Computed: true, MarkdownDescription: "When the key expires unless it is renewed."},
		},
	}
}

func (e *apiKeyEphemeral) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	e.session = sessionOf(req.ProviderData)
	e.needsKey(&resp.Diagnostics)
}

func (e *apiKeyEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m apiKeyEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := e.begin(ctx, "", "API key of this run", &resp.Diagnostics)
	defer stop()
	if resp.Diagnostics.HasError() {
		return
	}
	if e.checkRole(ctx, api.ScopeAccount, m.RoleID, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	held := lease{Lifetime: durationOf(m.Lifetime)}
	if m.Lifetime.IsNull() {
		held.Lifetime = defaultLease
	}
	ends := held.ends(e.clock())
	k, err := e.client.APIKeys.Create(ctx, api.CreateAPIKeyRequest{
		Name: m.Name.ValueStringPointer(), RoleID: m.RoleID.ValueStringPointer(), ExpiresAt: &ends,
	})
	if errors.Is(err, client.ErrSecretLost) {
		k, err = secretAgain(ctx, e.client, k.ID)
	}
	if err != nil {
		e.report(ctx, &resp.Diagnostics, "create an API key for this run", err)
		return
	}
	held.ID = k.ID
	resp.Diagnostics.Append(writeNote(ctx, resp.Private, noteLease, held)...)
	resp.RenewAt = held.renewAt(e.clock())
	m.ID, m.KeyPrefix, m.Secret, m.ExpiresAt = types.StringValue(k.ID), types.StringValue(k.KeyPrefix), types.StringValue(k.Secret), timestamp(k.ExpiresAt)
	resp.Diagnostics.Append(resp.Result.Set(ctx, m)...)
}

func (e *apiKeyEphemeral) Renew(ctx context.Context, req ephemeral.RenewRequest, resp *ephemeral.RenewResponse) {
	held := readNote[lease](ctx, req.Private, noteLease)
	ctx, stop := e.finish(ctx)
	defer stop()
	if _, err := e.client.APIKeys.Update(ctx, held.ID, api.UpdateAPIKeyRequest{ExpiresAt: api.Some(held.ends(e.clock()))}); err != nil {
		e.report(ctx, &resp.Diagnostics, "renew the API key of this run", err)
		return
	}
	resp.RenewAt = held.renewAt(e.clock())
}

func (e *apiKeyEphemeral) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	held := readNote[lease](ctx, req.Private, noteLease)
	ctx, stop := e.finish(ctx)
	defer stop()
	if _, err := e.client.APIKeys.Revoke(ctx, held.ID); err != nil && !client.IsNotFound(err) {
		e.report(ctx, &resp.Diagnostics, "revoke the API key of this run, which expires in "+held.Lifetime.String(), err)
	}
}

func (l lease) ends(now time.Time) string { return now.Add(l.Lifetime).UTC().Format(time.RFC3339) }

func (l lease) renewAt(now time.Time) time.Time { return now.Add(l.Lifetime / 2) }
