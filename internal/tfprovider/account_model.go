package tfprovider

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
)

// accountModel is an account with the arguments of its resource.
type accountModel struct {
	ID                types.String `tfsdk:"id"`
	Name              types.String `tfsdk:"name"`
	OwnerEmail        types.String `tfsdk:"owner_email"`
	CurrentOwnerEmail types.String `tfsdk:"current_owner_email"`
	Limits            types.Object `tfsdk:"limits"`
	Attributes        types.Map    `tfsdk:"attributes"`
	Branding          types.Object `tfsdk:"branding"`
	Retention         types.Int64  `tfsdk:"audit_retention_days"`
	Suspended         types.Bool   `tfsdk:"suspended"`
	GraceDays         types.Int64  `tfsdk:"deletion_grace_days"`
	DefaultProjectID  types.String `tfsdk:"default_project_id"`
	APIKey            types.String `tfsdk:"api_key"`
	OwnerLink         types.String `tfsdk:"owner_link"`
	CreatedAt         types.String `tfsdk:"created_at"`
}

// defaultGraceDays is the grace period of an account that is destroyed, in days.
const defaultGraceDays = 30

func (m accountModel) grace() int64 {
	if m.GraceDays.IsNull() || m.GraceDays.IsUnknown() {
		return defaultGraceDays
	}
	return m.GraceDays.ValueInt64()
}

var limitTypes = map[string]attr.Type{"members": types.Int64Type, "projects": types.Int64Type, "api_keys": types.Int64Type, "roles": types.Int64Type}

// limitsOf converts limits; no limit is null.
func limitsOf(l api.AccountLimits) types.Object {
	value := func(n *int) attr.Value {
		if n == nil {
			return types.Int64Null()
		}
		return types.Int64Value(int64(*n))
	}
	return types.ObjectValueMust(limitTypes, map[string]attr.Value{
		"members": value(l.Members), "projects": value(l.Projects), "api_keys": value(l.APIKeys), "roles": value(l.Roles),
	})
}

// limits are the limits of the plan; nil if they are not managed.
func (m accountModel) limits() map[string]*int {
	if m.Limits.IsNull() || m.Limits.IsUnknown() {
		return nil
	}
	out := map[string]*int{}
	for name, v := range m.Limits.Attributes() {
		out[name] = nil
		if n, ok := v.(types.Int64); ok && !n.IsNull() && !n.IsUnknown() {
			whole := int(n.ValueInt64())
			out[name] = &whole
		}
	}
	return out
}

func (m accountModel) newLimits() *map[string]*int {
	limits := m.limits()
	maps.DeleteFunc(limits, func(_ string, n *int) bool { return n == nil })
	if len(limits) == 0 {
		return nil
	}
	return &limits
}

// limitChange are the limits that differ between plan and state; nil if none does.
func (m accountModel) limitChange(state accountModel) *map[string]*int {
	now := state.limits()
	change := m.limits()
	maps.DeleteFunc(change, func(name string, n *int) bool {
		old := now[name]
		return n == nil && old == nil || n != nil && old != nil && *n == *old
	})
	if len(change) == 0 {
		return nil
	}
	return &change
}

func attributesOf(all map[string]string) types.Map {
	values := map[string]attr.Value{}
	for name, value := range all {
		values[name] = types.StringValue(value)
	}
	return types.MapValueMust(types.StringType, values)
}

// attributes are the attributes; nil if they are not managed.
func (m accountModel) attributes() map[string]string {
	if m.Attributes.IsNull() || m.Attributes.IsUnknown() {
		return nil
	}
	out := map[string]string{}
	for name, v := range m.Attributes.Elements() {
		if s, ok := v.(types.String); ok {
			out[name] = s.ValueString()
		}
	}
	return out
}

// attributeChange are the attributes to set, and to remove, after the state; nil if none differs.
func (m accountModel) attributeChange(state accountModel) *map[string]*string {
	want, now := m.attributes(), state.attributes()
	if want == nil {
		return nil
	}
	change := map[string]*string{}
	for name, value := range want {
		if old, there := now[name]; !there || old != value {
			change[name] = &value
		}
	}
	for name := range now {
		if _, stays := want[name]; !stays {
			change[name] = nil
		}
	}
	if len(change) == 0 {
		return nil
	}
	return &change
}

// fill sets what the server says.
func (m *accountModel) fill(from *api.OperatedAccount) {
	m.ID = types.StringValue(from.ID)
	m.Name = types.StringValue(from.Name)
	m.CurrentOwnerEmail = types.StringValue(from.Owner.Email)
	m.Limits = limitsOf(from.Limits)
	m.Attributes = attributesOf(from.Attributes)
	m.Branding = brandingOf(from.Branding, m.Branding)
	m.Retention = retentionOf(from)
	m.Suspended = types.BoolValue(from.State == api.AccountSuspended)
	m.CreatedAt = timestamp(&from.CreatedAt)
}

// settle is fill after an apply: planned values are kept, even if the account was changed elsewhere in the meantime.
func (m *accountModel) settle(from *api.OperatedAccount) {
	planned := *m
	m.fill(from)
	keepPromise(&m.Name, planned.Name)
	keepPromise(&m.CurrentOwnerEmail, planned.CurrentOwnerEmail)
	keepPromise(&m.Limits, planned.Limits)
	keepPromise(&m.Attributes, planned.Attributes)
	keepPromise(&m.Branding, planned.Branding)
	keepPromise(&m.Retention, planned.Retention)
	keepPromise(&m.Suspended, planned.Suspended)
	keepPromise(&m.CreatedAt, planned.CreatedAt)
}
