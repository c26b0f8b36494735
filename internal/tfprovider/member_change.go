package tfprovider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
)

// The values of on_expired.
const (
	expiredResend = "resend"
	expiredWarn   = "warn"
	expiredIgnore = "ignore"
)

// principal describes the member in messages.
func (m membership) principal() string {
	switch {
	case known(m.PrincipalEmail) && !known(m.APIKeyID):
		return m.PrincipalEmail.ValueString()
	case known(m.Email):
		return m.Email.ValueString()
	case known(m.TargetUserID):
		return "user " + m.TargetUserID.ValueString()
	case known(m.APIKeyID):
		return "API key " + m.APIKeyID.ValueString()
	}
	return m.ID.ValueString()
}

// named is the member's name in messages, from the configuration.
func (m membership) named() string {
	m.PrincipalEmail = types.StringNull()
	return m.principal()
}

// fill sets the model from the server's response, except who the member is and which role it should have, which come
// from the configuration.
func (m *membership) fill(from *api.Member) {
	// "active" is satisfied by a pending member.
	if !(m.Status.ValueString() == api.StatusActive && from.Status == api.StatusPending) {
		m.Status = types.StringValue(from.Status)
	}
	m.ID = types.StringValue(from.ID)
	if known(m.ProjectID) {
		m.MemberID = m.ID
		m.ID = types.StringValue(m.ProjectID.ValueString() + "/" + from.ID)
	}
	m.RoleName = types.StringValue(from.RoleName)
	m.PrincipalEmail = types.StringValue(from.Email)
	m.UserID = types.StringPointerValue(from.UserID)
	m.InvitationID = types.StringPointerValue(from.InvitationID)
	m.InvitationState = types.StringValue(from.InvitationState)
	m.InvitationExpiresAt = timestamp(from.InvitationExpiresAt)
	m.ManagedBy = types.StringValue(from.ManagedBy)
	m.InvitedAt = timestamp(from.InvitedAt)
	m.AcceptedAt = timestamp(from.AcceptedAt)
	m.CreatedAt = timestamp(&from.CreatedAt)
	m.AccountID = types.StringValue(from.AccountID)
	m.ExternalIDs = externalIDsOf(from.ExternalIDs)
}

// memberID is the ID of the membership on the server.
func (m membership) memberID() string {
	if known(m.MemberID) {
		return m.MemberID.ValueString()
	}
	return m.ID.ValueString()
}

// settle is fill after an apply: planned values are kept, because an object may change between plan and apply (an
// invitation is accepted, a role renamed), which is not an error. The next refresh shows the rest.
func (m *membership) settle(from *api.Member) {
	planned := *m
	m.fill(from)
	promises := planned.computed()
	for i, v := range m.computed() {
		keepPromise(v, *promises[i])
	}
	keepPromise(&m.ExternalIDs, planned.ExternalIDs)
}

// computed are the attributes that the server can set.
func (m *membership) computed() []*types.String {
	return []*types.String{
		&m.ID, &m.MemberID, &m.Status, &m.RoleName, &m.PrincipalEmail, &m.UserID, &m.InvitationID, &m.InvitationState,
		&m.InvitationExpiresAt, &m.ManagedBy, &m.InvitedAt, &m.AcceptedAt, &m.CreatedAt, &m.AccountID,
	}
}

// pending reports whether the invitation has not been accepted: it is open, on hold, expired or declined.
func (m membership) pending() bool { return known(m.InvitationID) }

// changes is the update from the given role, status and external ids to the planned ones; nothing else is sent.
func (m membership) changes(roleID, status string, ids api.ExternalIDs) (c api.UpdateMemberRequest) {
	c.ExternalIDs = externalIDChange(m.ExternalIDs, ids)
	if m.RoleID.ValueString() != roleID {
		c.RoleID = m.RoleID.ValueStringPointer()
	}
	switch want := m.Status.ValueString(); {
	case want == status, want == api.StatusActive && status == api.StatusPending:
	case want == api.StatusActive, want == api.StatusSuspended:
		c.Status = &want
	}
	return c
}

// renews reports whether the plan resends the invitation in the state, which expired or was declined. An invitation on
// hold stays on hold.
func (m membership) renews(state membership) bool {
	status := m.Status
	if status.IsUnknown() {
		status = state.Status
	}
	wanted := false
	switch state.InvitationState.ValueString() {
	case api.InvitationExpired:
		wanted = m.OnExpired.IsNull() || m.OnExpired.ValueString() == expiredResend
	case api.InvitationDeclined:
		wanted = m.OnDeclined.ValueString() == declinedResend && !state.dropped()
	}
	return wanted && status.ValueString() != api.StatusSuspended
}

// now reads the current member from the server, not from a list of this run.
func (r *memberResource) now(ctx context.Context, m membership) (*api.Member, error) {
	return r.getMember(ctx, m.ProjectID.ValueString(), m.memberID())
}

// amend applies the difference between state and plan, if any, and returns the updated member. A status cannot
// conflict: someone who changed it in the meantime did the same as the plan, and an accepted invitation is not a
// conflict.
func (r *memberResource) amend(ctx context.Context, seen time.Time, plan, state membership) (m *api.Member, sure bool, err error) {
	c := plan.changes(state.RoleID.ValueString(), state.Status.ValueString(), externalIDsIn(state.ExternalIDs))
	if c == (api.UpdateMemberRequest{}) {
		m, err = r.now(ctx, state)
		return m, false, err
	}
	return amend(ctx, seen, amendment[api.Member]{
		what: "member " + state.principal(),
		send: func(ctx context.Context, only client.CallOption) (*api.Member, error) {
			return r.change(ctx, state, c, only)
		},
		read: func(ctx context.Context) (*api.Member, error) { return r.now(ctx, state) },
		at:   func(now *api.Member) time.Time { return now.UpdatedAt },
		clash: func(now *api.Member) []string {
			return append(r.clashOfRole(state.RoleID, plan.RoleID, state.RoleName.ValueString(), now.RoleID, now.RoleName),
				clash("external_ids", state.ExternalIDs, plan.ExternalIDs, externalIDsOf(now.ExternalIDs))...)
		},
	})
}

// change applies the update, if any, and returns the updated member.
func (r *memberResource) change(ctx context.Context, of membership, c api.UpdateMemberRequest, only ...client.CallOption) (*api.Member, error) {
	if c == (api.UpdateMemberRequest{}) {
		return r.now(ctx, of)
	}
	m, err := r.updateMember(ctx, of.ProjectID.ValueString(), of.memberID(), c, only...)
	if client.Code(err) == "member_pending" && c.Status != nil {
		// The suspension was lifted elsewhere after the plan was made, and pending satisfies "active".
		c.Status = nil
		return r.change(ctx, of, c, only...)
	}
	return m, err
}

// bring updates an existing member to match the plan.
func (r *memberResource) bring(ctx context.Context, m *api.Member, plan membership) (*api.Member, error) {
	c := plan.changes(m.RoleID, m.Status, m.ExternalIDs)
	if c == (api.UpdateMemberRequest{}) {
		return m, nil
	}
	return r.change(ctx, plan.as(m.ID), c)
}

// as sets the ID of the membership on the server.
func (m membership) as(id string) membership {
	m.MemberID = types.StringValue(id)
	return m
}

// resend resends an expired or declined invitation. If it was accepted or resent in the meantime, there is nothing to do.
func (r *memberResource) resend(ctx context.Context, m *api.Member, plan membership) (*api.Member, error) {
	if ended := m.InvitationState == api.InvitationExpired || m.InvitationState == api.InvitationDeclined; !ended || m.InvitationID == nil {
		return m, nil
	}
	if _, err := r.client.Invitations.Resend(ctx, *m.InvitationID); err != nil {
		return nil, err
	}
	return r.now(ctx, plan.as(m.ID))
}

// memberInTheWay is the ID of the existing member in an "already a member" error; empty for other errors.
func memberInTheWay(err error) string {
	if e, ok := errors.AsType[*client.Error](err); ok && client.IsConflict(err) {
		return e.MemberID
	}
	return ""
}

// adopt updates an adopted member to match the plan.
func (r *memberResource) adopt(ctx context.Context, plan membership, m *api.Member) (*api.Member, error) {
	m, err := r.bring(ctx, m, plan)
	if err != nil {
		return nil, err
	}
	var found membership
	found.fill(m)
	if plan.renews(found) {
		return r.resend(ctx, m, plan)
	}
	return m, nil
}

// alreadyMember reports the existing member and how to manage it.
func (r *memberResource) alreadyMember(plan membership, id string, m *api.Member) (summary, detail string) {
	as, where, ref := "", "The account", id
	if r.inProject {
		where, ref = "The project", plan.ProjectID.ValueString()+"/"+id
	}
	if m != nil { // the ID is enough
		as = fmt.Sprintf(" with the role %s, %s", m.RoleName, m.Status)
	}
	if known(plan.APIKeyID) && !r.inProject {
		as += ". If a raff_api_key has role_id, it manages that role already: change it there, and remove this resource"
	}
	return plan.principal() + " is already a member", fmt.Sprintf("%s has this member as %s%s.", where, id, as) + importBlock(r.typeName(), ref) +
		"\n\nOr set adopt_existing = true, so that the resource adopts the member and sets the configured role and status. " + moved
}

// tellOfKeys warns of the API keys whose secrets were shown to a person who lost access: those that were disabled with
// it, and those that keep working.
func tellOfKeys(who string, keys []api.APIKeyRef, diags *diag.Diagnostics) {
	var ended, working []string
	for _, k := range keys {
		line := fmt.Sprintf("API key %q (%s…), id %s", k.Name, k.KeyPrefix, k.ID)
		if k.Disabled {
			ended = append(ended, line)
		} else {
			working = append(working, line)
		}
	}
	if len(ended) > 0 {
		diags.AddWarning("API keys of "+who+" are disabled", who+" was shown their secrets. Programs that still need one of them need a new key, or its new secret after it was rotated and enabled again:"+bullets(ended))
	}
	if len(working) > 0 {
		diags.AddWarning("API keys of "+who+" were not changed", who+" was shown the secrets of these keys. Check whether they should keep working:"+bullets(working))
	}
}

// tellOfLeft warns of the API keys and invitations of a removed person.
func tellOfLeft(who string, d *api.Done, diags *diag.Diagnostics) {
	tellOfKeys(who, d.KeysCreated, diags)
	var open []string
	for _, i := range d.InvitationsSent {
		open = append(open, fmt.Sprintf("invitation of %s, id %s", i.Email, i.ID))
	}
	if len(open) > 0 {
		diags.AddWarning("Invitations that "+who+" sent stay open", "Cancel those that are no longer needed:"+bullets(open))
	}
}

// tellOfProjects warns of the project roles that were removed with an account membership.
func (s *session) tellOfProjects(ctx context.Context, who string, roles []api.ProjectRoleRef, diags *diag.Diagnostics) {
	if len(roles) == 0 {
		return
	}
	names := map[string]string{}
	projects, _ := s.allProjects.get(ctx) // IDs only, for a key that may not see them
	for _, p := range projects {
		names[p.ID] = p.Name
	}
	var lines []string
	for _, r := range roles {
		lines = append(lines, fmt.Sprintf("%s in the project %s", r.RoleName, nameOr(names[r.ProjectID], r.ProjectID)))
	}
	diags.AddWarning(who+" has lost project roles", "They were removed with the account membership, even if that is created again in the same apply:"+bullets(lines)+
		"\n\nThe next plan creates those that this configuration manages (raff_project_member). Assign the others manually.")
}

func bullets(lines []string) string { return "\n  - " + strings.Join(lines, "\n  - ") }
