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

// defaultLease is how long an ephemeral key outlives a run that was cut off and could not revoke it.
const defaultLease = 15 * time.Minute

// noteLease is what renewing and closing have to know of the key.
const noteLease = "lease"

type lease struct {
	ID       string        `json:"id"`
	Lifetime time.Duration `json:"lifetime"`
}

// apiKeyEphemeral is an API key that lives as long as the run: made when it is needed, revoked at its end, in no state
// and no plan.
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
		MarkdownDescription: "An API key for the length of one run: made when the run needs it and revoked when it ends. Neither the state nor a plan contains its secret.\n\n" +
			"Terraform opens ephemeral resources while planning and again while applying, so each makes a key of its own. A run that is cut off leaves a key behind that ends by itself after `lifetime`.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, 128)},
				MarkdownDescription: "Name that people see, also in the audit log.",
			},
			"role_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Id of the account role the key gets. Without one it may do nothing.",
			},
			"lifetime": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{durationValidator{time.Minute}},
				MarkdownDescription: "How long the key outlives a run that could not revoke it, such as `15m`, the default. While the run lasts, the key is renewed.",
			},
			"id":         schema.StringAttribute{Computed: true, MarkdownDescription: "Id of the key."},
			"key_prefix": schema.StringAttribute{Computed: true, MarkdownDescription: "First characters of the secret."},
			"secret":     schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The secret."},
			"expires_at": schema.StringAttribute{Computed: true, MarkdownDescription: "When the key ends unless it is renewed."},
		},
	}
}

func (e *apiKeyEphemeral) Configure(_ context.Context, req ephemeral.ConfigureRequest, _ *ephemeral.ConfigureResponse) {
	e.session = sessionOf(req.ProviderData)
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
	held := lease{Lifetime: durationOf(m.Lifetime)}
	if m.Lifetime.IsNull() {
		held.Lifetime = defaultLease
	}
	ends := held.ends(e.clock())
	k, err := e.client.APIKeys.Create(ctx, api.CreateAPIKeyRequest{
		Name: m.Name.ValueStringPointer(), RoleID: m.RoleID.ValueStringPointer(), ExpiresAt: &ends,
	})
	if errors.Is(err, client.ErrSecretLost) {
		k, err = e.client.APIKeys.Regenerate(ctx, k.ID, api.RegenerateAPIKeyRequest{})
	}
	if err != nil {
		e.report(ctx, &resp.Diagnostics, "make an API key for this run", err)
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
		e.report(ctx, &resp.Diagnostics, "revoke the API key of this run, which ends by itself in "+held.Lifetime.String(), err)
	}
}

func (l lease) ends(now time.Time) string { return now.Add(l.Lifetime).UTC().Format(time.RFC3339) }

func (l lease) renewAt(now time.Time) time.Time { return now.Add(l.Lifetime / 2) }
