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

// What on_expired can say.
const (
	expiredResend = "resend"
	expiredWarn   = "warn"
	expiredIgnore = "ignore"
)

// principal names who the member is, for messages.
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

// named is who the configuration says.
func (m membership) named() string {
	m.PrincipalEmail = types.StringNull()
	return m.principal()
}

// fill takes over what the server says, except who the member is and which role it should have: that is the
// configuration's to say.
func (m *membership) fill(from *api.Member) {
	// "active" is satisfied by somebody who has yet to accept.
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
}

// memberID is the id the server knows the membership by.
func (m membership) memberID() string {
	if known(m.MemberID) {
		return m.MemberID.ValueString()
	}
	return m.ID.ValueString()
}

// settle is fill for a plan: what it promised stays, because the world may move between plan and apply (an invitation
// is accepted, a role renamed) and that is no failure. The next refresh takes over the rest.
func (m *membership) settle(from *api.Member) {
	planned := *m
	m.fill(from)
	promises := planned.computed()
	for i, v := range m.computed() {
		keepPromise(v, *promises[i])
	}
}

// computed are the attributes the server has a say in.
func (m *membership) computed() []*types.String {
	return []*types.String{
		&m.ID, &m.MemberID, &m.Status, &m.RoleName, &m.PrincipalEmail, &m.UserID, &m.InvitationID, &m.InvitationState,
		&m.InvitationExpiresAt, &m.ManagedBy, &m.InvitedAt, &m.AcceptedAt, &m.CreatedAt, &m.AccountID,
	}
}

// pending reports that the invitation has not been accepted, whether it is open, held, expired or declined.
func (m membership) pending() bool { return known(m.InvitationID) }

// changes is what makes a member of this role and status into what the plan says; nothing else is sent.
func (m membership) changes(roleID, status string) (c api.UpdateMemberRequest) {
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

// renews reports that the plan sends the invitation of this state again, which expired or was declined. One that is held
// stays held.
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

// now reads the member as it is this moment, not as a list of this run had it.
func (r *memberResource) now(ctx context.Context, m membership) (*api.Member, error) {
	return r.getMember(ctx, m.ProjectID.ValueString(), m.memberID())
}

// amend makes the change from state to plan, if there is any, and returns the member as it is then. A status cannot clash:
// whoever changed it meanwhile did what the plan does, and that an invitation was accepted is no change.
func (r *memberResource) amend(ctx context.Context, seen time.Time, plan, state membership) (m *api.Member, sure bool, err error) {
	c := plan.changes(state.RoleID.ValueString(), state.Status.ValueString())
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
			return r.clashOfRole(state.RoleID, plan.RoleID, state.RoleName.ValueString(), now.RoleID, now.RoleName)
		},
	})
}

// change makes the change, if there is any, and returns the member as it is then.
func (r *memberResource) change(ctx context.Context, of membership, c api.UpdateMemberRequest, only ...client.CallOption) (*api.Member, error) {
	if c == (api.UpdateMemberRequest{}) {
		return r.now(ctx, of)
	}
	m, err := r.updateMember(ctx, of.ProjectID.ValueString(), of.memberID(), c, only...)
	if client.Code(err) == "member_pending" && c.Status != nil {
		// The suspension was lifted elsewhere since the plan was made, and pending satisfies "active".
		c.Status = nil
		return r.change(ctx, of, c, only...)
	}
	return m, err
}

// bring makes a member that exists into what the plan says.
func (r *memberResource) bring(ctx context.Context, m *api.Member, plan membership) (*api.Member, error) {
	c := plan.changes(m.RoleID, m.Status)
	if c == (api.UpdateMemberRequest{}) {
		return m, nil
	}
	return r.change(ctx, plan.as(m.ID), c)
}

// as is the membership with that id on the server.
func (m membership) as(id string) membership {
	m.MemberID = types.StringValue(id)
	return m
}

// resend sends an expired or declined invitation again. If it was accepted or sent meanwhile, there is nothing to do.
func (r *memberResource) resend(ctx context.Context, m *api.Member, plan membership) (*api.Member, error) {
	if ended := m.InvitationState == api.InvitationExpired || m.InvitationState == api.InvitationDeclined; !ended || m.InvitationID == nil {
		return m, nil
	}
	if _, err := r.client.Invitations.Resend(ctx, *m.InvitationID); err != nil {
		return nil, err
	}
	return r.now(ctx, plan.as(m.ID))
}

// memberInTheWay is the id of the member because of which none could be added; empty for every other error.
func memberInTheWay(err error) string {
	if e, ok := errors.AsType[*client.Error](err); ok && client.IsConflict(err) {
		return e.MemberID
	}
	return ""
}

// adopt makes a member that was taken over into what the plan says.
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

// alreadyMember says who is in the way and how to go on.
func (r *memberResource) alreadyMember(plan membership, id string, m *api.Member) (summary, detail string) {
	as, where, ref := "", "The account", id
	if r.inProject {
		where, ref = "The project", plan.ProjectID.ValueString()+"/"+id
	}
	if m != nil { // the id alone is enough to go on
		as = fmt.Sprintf(" with the role %s, %s", m.RoleName, m.Status)
	}
	return plan.principal() + " is already a member", fmt.Sprintf("%s has this member as %s%s.", where, id, as) + importBlock(r.typeName(), ref) +
		"\n\nOr set adopt_existing = true, and the resource takes the member over with the role and status it says. " + moved
}

// tellOfKeys names the API keys of which a person who lost access was shown the secret: those that ended with it, and those
// that work on and whose secret they know.
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
		diags.AddWarning("API keys of "+who+" are deactivated", who+" was shown their secrets. Programs that still need one get a new key, or its new secret after it was regenerated and activated again:"+bullets(ended))
	}
	if len(working) > 0 {
		diags.AddWarning("API keys of "+who+" were not changed", who+" was shown the secrets of these keys at some time. Look whether they still fit:"+bullets(working))
	}
}

// tellOfLeft names what became of what a removed person made and sent.
func tellOfLeft(who string, d *api.Done, diags *diag.Diagnostics) {
	tellOfKeys(who, d.KeysCreated, diags)
	var open []string
	for _, i := range d.InvitationsSent {
		open = append(open, fmt.Sprintf("invitation of %s, id %s", i.Email, i.ID))
	}
	if len(open) > 0 {
		diags.AddWarning("Invitations that "+who+" sent stay open", "Cancel those that nobody else wants:"+bullets(open))
	}
}

// tellOfProjects names the roles in projects that ended with a membership of the account.
func (s *session) tellOfProjects(ctx context.Context, who string, roles []api.ProjectRoleRef, diags *diag.Diagnostics) {
	if len(roles) == 0 {
		return
	}
	names := map[string]string{}
	projects, _ := s.allProjects.get(ctx) // who may not see them gets the ids
	for _, p := range projects {
		names[p.ID] = p.Name
	}
	var lines []string
	for _, r := range roles {
		lines = append(lines, fmt.Sprintf("%s in the project %s", r.RoleName, nameOr(names[r.ProjectID], r.ProjectID)))
	}
	diags.AddWarning(who+" has lost roles in projects", "They ended with the membership of the account, also if that is made anew in the same apply:"+bullets(lines)+
		"\n\nThe next plan gives those again that this configuration manages (raff_project_member). The others have to be given by hand.")
}

func bullets(lines []string) string { return "\n  - " + strings.Join(lines, "\n  - ") }
