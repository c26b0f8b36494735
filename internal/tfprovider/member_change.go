package tfprovider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/client"
)

// What on_expired can say.
const (
	expiredResend = "resend"
	expiredWarn   = "warn"
	expiredIgnore = "ignore"
)

// principal names who the member is, for messages.
func (m memberModel) principal() string {
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

// fill takes over what the server says, except who the member is and which role it should have: that is the
// configuration's to say.
func (m *memberModel) fill(from *api.Member) {
	// "active" is satisfied by somebody who has yet to accept.
	if !(m.Status.ValueString() == api.StatusActive && from.Status == api.StatusPending) {
		m.Status = types.StringValue(from.Status)
	}
	m.ID = types.StringValue(from.ID)
	m.RoleName = types.StringValue(from.RoleName)
	m.PrincipalEmail = types.StringValue(from.Email)
	m.UserID = types.StringPointerValue(from.UserID)
	m.InvitationID = types.StringPointerValue(from.InvitationID)
	m.InvitationState = types.StringValue(from.InvitationState)
	m.InvitationExpiresAt = timestamp(from.InvitationExpiresAt)
	m.AcceptedAt = timestamp(from.AcceptedAt)
	m.CreatedAt = timestamp(&from.CreatedAt)
}

// settle is fill for a plan: what it promised stays, because the world may move between plan and apply (an invitation
// is accepted, a role renamed) and that is no failure. The next refresh takes over the rest.
func (m *memberModel) settle(from *api.Member) {
	planned := *m
	m.fill(from)
	promises := planned.computed()
	for i, v := range m.computed() {
		keepPromise(v, *promises[i])
	}
}

// computed are the attributes the server has a say in.
func (m *memberModel) computed() []*types.String {
	return []*types.String{
		&m.ID, &m.Status, &m.RoleName, &m.PrincipalEmail, &m.UserID, &m.InvitationID, &m.InvitationState,
		&m.InvitationExpiresAt, &m.AcceptedAt, &m.CreatedAt,
	}
}

// pending reports that the invitation has not been accepted, whether it is open, held, expired or declined.
func (m memberModel) pending() bool { return known(m.InvitationID) }

// changes is what makes a member of this role and status into what the plan says; nothing else is sent.
func (m memberModel) changes(roleID, status string) (c api.UpdateMemberRequest) {
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

// renews reports that the plan sends the expired invitation of this state again. One that is held stays held.
func (m memberModel) renews(state memberModel) bool {
	status := m.Status
	if status.IsUnknown() {
		status = state.Status
	}
	return state.InvitationState.ValueString() == api.InvitationExpired &&
		(m.OnExpired.IsNull() || m.OnExpired.ValueString() == expiredResend) &&
		status.ValueString() != api.StatusSuspended
}

// readMember reads the member as it is this moment, not as a list of this run had it.
func (r *memberResource) readMember(ctx context.Context, id string) (*api.Member, error) {
	return r.client.Members.Get(ctx, id)
}

// change makes the change, if there is any, and returns the member as it is then.
func (r *memberResource) change(ctx context.Context, id string, c api.UpdateMemberRequest) (*api.Member, error) {
	if c == (api.UpdateMemberRequest{}) {
		return r.readMember(ctx, id)
	}
	m, err := r.client.Members.Update(ctx, id, c)
	if client.Code(err) == "member_pending" && c.Status != nil {
		// The suspension was lifted elsewhere since the plan was made, and pending satisfies "active".
		c.Status = nil
		return r.change(ctx, id, c)
	}
	return m, err
}

// bring makes a member that exists into what the plan says.
func (r *memberResource) bring(ctx context.Context, m *api.Member, plan memberModel) (*api.Member, error) {
	c := plan.changes(m.RoleID, m.Status)
	if c == (api.UpdateMemberRequest{}) {
		return m, nil
	}
	return r.change(ctx, m.ID, c)
}

// resend sends an expired invitation again. If it was accepted or sent meanwhile, there is nothing to do.
func (r *memberResource) resend(ctx context.Context, m *api.Member) (*api.Member, error) {
	if m.InvitationState != api.InvitationExpired || m.InvitationID == nil {
		return m, nil
	}
	if _, err := r.client.Invitations.Resend(ctx, *m.InvitationID); err != nil {
		return nil, err
	}
	return r.readMember(ctx, m.ID)
}

// memberInTheWay is the id of the member because of which none could be added; empty for every other error.
func memberInTheWay(err error) string {
	if e, ok := errors.AsType[*client.Error](err); ok && client.IsConflict(err) {
		return e.MemberID
	}
	return ""
}

func (r *memberResource) adopt(ctx context.Context, plan memberModel, id string) (*api.Member, error) {
	m, err := r.readMember(ctx, id)
	if err != nil {
		return nil, err
	}
	if m, err = r.bring(ctx, m, plan); err != nil {
		return nil, err
	}
	var found memberModel
	found.fill(m)
	if plan.renews(found) {
		return r.resend(ctx, m)
	}
	return m, nil
}

// alreadyMember says who is in the way and how to go on.
func (r *memberResource) alreadyMember(ctx context.Context, plan memberModel, id string) (summary, detail string) {
	as := ""
	if m, err := r.readMember(ctx, id); err == nil { // the id alone is enough to go on
		as = fmt.Sprintf(" with the role %s, %s", m.RoleName, m.Status)
	}
	return plan.principal() + " is already a member", fmt.Sprintf(`The account has this member as %s%s.

To manage it here, put this beside the resource, with the resource's own name instead of NAME, and run the plan again:

  import {
    to = raff_member.NAME
    id = %q
  }

Or set adopt_existing = true, and the resource takes the member over with the role and status it says.`, id, as, id)
}

// leftBehind lists what a removed person made that lives on, so that nobody forgets it.
func leftBehind(d *api.Done) string {
	var lines []string
	for _, k := range d.KeysCreated {
		lines = append(lines, fmt.Sprintf("API key %q (%s…), id %s", k.Name, k.KeyPrefix, k.ID))
	}
	for _, i := range d.InvitationsSent {
		lines = append(lines, fmt.Sprintf("invitation of %s, id %s", i.Email, i.ID))
	}
	if len(lines) == 0 {
		return ""
	}
	return "Removing somebody does not undo what they did. Look at:\n  - " + strings.Join(lines, "\n  - ")
}
