package tfprovider

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
)

const logoAttribute = "logo"

var brandingTypes = map[string]attr.Type{
	"product_name": types.StringType, "accent_color": types.StringType, "support": types.StringType,
	"mail_sender_name": types.StringType, "mail_footer": types.StringType, logoAttribute: types.StringType,
}

func brandingAttribute() schema.SingleNestedAttribute {
	text := func(what string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}, MarkdownDescription: what}
	}
	return schema.SingleNestedAttribute{
		Optional: true, Computed: true, PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
		MarkdownDescription: "What the account has of its own in place of your brand, on its pages and in its emails. Everything that is not set is yours. If omitted, the branding is not managed; `{}` removes all of it.",
		Attributes: map[string]schema.Attribute{
			"product_name":     text("Name of the product, at most 40 characters."),
			"accent_color":     text("Color of buttons and links, such as `#702070`; it must be readable on white."),
			"support":          text("Email or `https` URL where people get help."),
			"mail_sender_name": text("Name of the sender of emails. Default: the name of the product."),
			"mail_footer":      text("Text at the end of emails, at most 500 characters."),
			logoAttribute: text("Square PNG file of 32 to 1024 pixels and at most 32 KiB, in base64: `filebase64(\"logo.png\")`. A logo that was changed elsewhere is shown as " +
				"`sha256:` and the hash of the file."),
		},
	}
}

// brandingOf converts a branding. The server says only the hash of the logo: if that is the hash of the logo in known, the logo is the
// same.
func brandingOf(b api.AccountBranding, known types.Object) types.Object {
	logo := types.StringNull()
	if b.LogoSHA256 != nil {
		logo = types.StringValue("sha256:" + *b.LogoSHA256)
		if have, ok := known.Attributes()[logoAttribute].(types.String); ok && hashOf(have.ValueString()) == *b.LogoSHA256 {
			logo = have
		}
	}
	return types.ObjectValueMust(brandingTypes, map[string]attr.Value{
		"product_name": types.StringPointerValue(b.ProductName), "accent_color": types.StringPointerValue(b.AccentColor), "support": types.StringPointerValue(b.Support),
		"mail_sender_name": types.StringPointerValue(b.MailSenderName), "mail_footer": types.StringPointerValue(b.MailFooter), logoAttribute: logo,
	})
}

func hashOf(logo string) string {
	file, err := base64.StdEncoding.DecodeString(logo)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:])
}

// brandingChange are the fields that differ between plan and state, null to remove one; absent if none does.
func (m accountModel) brandingChange(state accountModel) (none api.Nullable[map[string]*string]) {
	if m.Branding.IsNull() || m.Branding.IsUnknown() {
		return none
	}
	change, old := map[string]*string{}, state.Branding.Attributes()
	for name, v := range m.Branding.Attributes() {
		want, _ := v.(types.String)
		if now, ok := old[name].(types.String); ok && now.Equal(want) || !ok && want.IsNull() {
			continue
		}
		change[name] = want.ValueStringPointer()
	}
	if len(change) == 0 {
		return none
	}
	return api.Some(change)
}

// retentionOf is for how many days the audit log is kept; 0 means forever. What was announced counts as set.
func retentionOf(a *api.OperatedAccount) types.Int64 {
	days := a.AuditRetentionDays
	if a.NextAuditRetentionAt != nil {
		days = a.NextAuditRetentionDays
	}
	if days == nil {
		return types.Int64Value(0)
	}
	return types.Int64Value(int64(*days))
}

// retentionChange is the retention of the plan if it differs from the state.
func (m accountModel) retentionChange(state accountModel) (none api.Nullable[int]) {
	switch days := m.Retention; {
	case days.IsNull() || days.IsUnknown() || days.ValueInt64() == state.Retention.ValueInt64():
		return none
	case days.ValueInt64() == 0:
		return api.Null[int]()
	default:
		return api.Some(int(days.ValueInt64()))
	}
}
