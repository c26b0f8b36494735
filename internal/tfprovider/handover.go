package tfprovider

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
	"raff/internal/naming"
)

// handovers tracks memberships that move between resource addresses in this run. If a resource gets another address
// without a moved block, Terraform creates it at the new address and destroys it at the old one, in any order or
// concurrently: the old address must not remove what the new one has adopted.
type handovers struct {
	// Held for writing while a member is adopted and for reading while one is removed, so that a member being removed is
	// not adopted.
	taking sync.RWMutex

	mu      sync.Mutex
	adopted map[string]bool      // IDs of memberships
	removed map[principal]string // the user's ID; empty if the invitation was not accepted
	planned map[principal]intent
	kept    map[string]bool    // IDs that a refresh or a plan found in the state
	moving  map[principal]bool // principals that a replacement in this plan creates
	held    map[principal]*sync.Mutex
}

// hold prevents a principal from being added while being removed, and vice versa, until release is called: otherwise an
// addition between a removal and its record would not know that the run has just removed the principal.
func (h *handovers) hold(m membership) (release func()) {
	who, ok := m.who()
	if !ok {
		return func() {}
	}
	h.mu.Lock()
	if h.held == nil {
		h.held = map[principal]*sync.Mutex{}
	}
	one := h.held[who]
	if one == nil {
		one = &sync.Mutex{}
		h.held[who] = one
	}
	h.mu.Unlock()
	one.Lock()
	return one.Unlock
}

// intent is what a plan does with a principal.
type intent struct {
	does  string // plannedCreate, plannedKeep or plannedDestroy
	id    string // ID of the membership; empty for a create
	adopt bool   // adopts an existing member
	pure  bool   // a create that is not part of a replacement
}

// principal identifies someone in the account, or in a project, by canonical email.
type principal struct{ project, email string }

const (
	plannedCreate  = "create"
	plannedKeep    = "keep" // also if its role or status changes
	plannedDestroy = "destroy"
)

const moved = "If only the name, key or index of the resource changed, add a moved block, and the member is not changed:\n\n" +
	"  moved {\n    from = OLD ADDRESS\n    to   = NEW ADDRESS\n  }"

// who is the principal of a plan or a state; ok is false if the email is unknown, as for a user ID in a plan.
func (m membership) who() (p principal, ok bool) {
	p.project = m.ProjectID.ValueString()
	switch {
	case known(m.PrincipalEmail):
		p.email = naming.CanonicalEmail(m.PrincipalEmail.ValueString())
	case known(m.Email):
		p.email = naming.CanonicalEmail(m.Email.ValueString())
	case known(m.APIKeyID):
		p.email = m.APIKeyID.ValueString() + keyDomain
	}
	return p, p.email != "" && !m.ProjectID.IsUnknown()
}

// adopting marks the membership as adopted. The caller holds taking.
func (h *handovers) adopting(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.adopted == nil {
		h.adopted = map[string]bool{}
	}
	h.adopted[id] = true
}

func (h *handovers) wasAdopted(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.adopted[id]
}

// dismissed records who was removed in this run.
func (h *handovers) dismissed(m membership) {
	who, ok := m.who()
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.removed == nil {
		h.removed = map[principal]string{}
	}
	h.removed[who] = m.UserID.ValueString()
}

// wasRemoved reports whether this run has removed the principal, and the ID if it was a user.
func (h *handovers) wasRemoved(m membership) (userID string, yes bool) {
	who, ok := m.who()
	if !ok {
		return "", false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	userID, yes = h.removed[who]
	return userID, yes
}

// plan records what a plan does with a principal, and reports if another resource of the plan has the same one. replaced
// is the ID of the membership that a create replaces.
func (h *handovers) plan(m membership, does, replaced string, diags *diag.Diagnostics) {
	who, ok := m.who()
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := intent{does: does, id: m.memberID(), adopt: m.Adopt.ValueBool(), pure: !h.moving[who]}
	other := h.planned[who]
	created := now
	if does != plannedCreate {
		created = other
	}
	if does == plannedKeep && other.does == plannedCreate && other.id == now.id {
		return // was imported by this plan
	}
	const summary = "A member is destroyed at one address and created at another"
	switch {
	case other.does == "":
	case replaced != "" && replaced == other.id: // the first plan of this replacement
	case now.id != "" && now.id == other.id && does == plannedCreate: // an import
	case created.does != plannedCreate:
	case does == plannedKeep, other.does == plannedKeep, other.does == does:
		if !created.adopt {
			diags.AddError("Two resources are about "+who.email, "The plan creates a resource for this member, and another one has the same member, perhaps in another spelling. "+
				"A member belongs in one resource: remove the other one. "+moved)
		}
	case created.adopt:
		diags.AddWarning(summary, who.email+" is both in this plan. The new address adopts the member (adopt_existing), and the old one leaves it unchanged. "+moved)
	case created.pure:
		diags.AddError(summary, who.email+" is both in this plan, and the apply would fail, or remove the member and invite them again. "+moved+
			"\n\nOr set adopt_existing = true, so that the new address adopts the member.")
	default:
		diags.AddWarning(summary, who.email+" is both in this plan, so the member may be removed and invited again, or the apply may have to be run twice. "+
			"Use for_each over emails instead of count, so that addresses do not change. "+moved)
	}
	if h.planned == nil {
		h.planned = map[principal]intent{}
	}
	h.planned[who] = now
}

// keep records that the state has the membership.
func (h *handovers) keep(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.kept == nil {
		h.kept = map[string]bool{}
	}
	h.kept[id] = true
}

func (h *handovers) isKept(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.kept[id]
}

// replacing records whom a replacement is going to create.
func (h *handovers) replacing(m membership) {
	if who, ok := m.who(); ok {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.moving == nil {
			h.moving = map[principal]bool{}
		}
		h.moving[who] = true
	}
}

func (h *handovers) isReplacing(who principal) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.moving[who]
}

// checkNewcomer refuses during plan to add someone who is already a member. A member that the state has, at any
// address, is about to be replaced or moved.
func (r *memberResource) checkNewcomer(ctx context.Context, plan membership, diags *diag.Diagnostics) {
	who, ok := plan.who()
	if r.wrote.Load() || diags.HasError() || !r.reach(ctx, diags) {
		return
	}
	if known(plan.TargetUserID) {
		u, err := r.client.Users.Get(ctx, plan.TargetUserID.ValueString())
		if client.IsNotFound(err) {
			diags.AddAttributeError(path.Root("target_user_id"), "No such user", fmt.Sprintf(
				"No user with the ID %s is or was in the account. The ID of a member is not the ID of the user; raff_member has it as user_id. Invite new people by email.", plan.TargetUserID.ValueString()))
		}
		if err != nil {
			return
		}
		who, ok = principal{plan.ProjectID.ValueString(), naming.CanonicalEmail(u.Email)}, !plan.ProjectID.IsUnknown()
	}
	if !ok {
		return
	}
	m, err := r.byEmail.lookup(ctx, who.project, who.email)
	switch {
	case err != nil || m == nil: // left to the server at apply
	case m.IsOwner && !r.inProject:
		diags.AddError("The Owner cannot be added as a member", fmt.Sprintf(
			"%s is the Owner of the account, and the Owner's membership can only be changed by transferring ownership. Remove the resource from the configuration.", m.Email))
	case plan.Adopt.ValueBool() || plan.Adopt.IsUnknown() || r.handovers.isKept(m.ID) || r.handovers.isReplacing(who):
	default:
		diags.AddError(r.alreadyMember(plan, m.ID, m))
	}
}

// planned calls plan of the run's handovers; during validation there is no run.
func (r *memberResource) planned(m membership, does, replaced string, diags *diag.Diagnostics) {
	if r.session != nil && !r.wrote.Load() {
		r.handovers.plan(m, does, replaced, diags)
	}
}

// dismiss removes a member, unless this run adopted it: then it returns nil, nil and adds a warning.
func (s *session) dismiss(ctx context.Context, m membership, diags *diag.Diagnostics) (*api.Done, error) {
	s.handovers.taking.RLock()
	defer s.handovers.taking.RUnlock()
	if s.handovers.wasAdopted(m.memberID()) {
		diags.AddWarning("A member was kept because another address adopted it",
			m.principal()+" was to be destroyed at this address, and was adopted at another one in the same apply (adopt_existing). "+
				"The member was not changed, and this address was removed from the state. "+moved)
		return nil, nil
	}
	defer s.handovers.hold(m)()
	if m.UserID.IsNull() && m.APIKeyID.IsNull() {
		// Terraform hands Delete the state from before the refresh, in which the invitation may still be open.
		if now, err := s.getMember(ctx, m.ProjectID.ValueString(), m.memberID()); err == nil {
			m.UserID = types.StringPointerValue(now.UserID)
		}
	}
	done, err := s.removeMember(ctx, m.ProjectID.ValueString(), m.memberID())
	if err == nil {
		s.handovers.dismissed(m)
	}
	return done, err
}

// takeOver marks a member as adopted and returns it. The error is IsNotFound if it was removed in the meantime.
func (r *memberResource) takeOver(ctx context.Context, plan membership, id string) (*api.Member, error) {
	r.handovers.taking.Lock()
	defer r.handovers.taking.Unlock()
	m, err := r.now(ctx, plan.as(id))
	if err == nil {
		r.handovers.adopting(id)
	}
	return m, err
}

// enter adds the planned member, or adopts it. inTheWay is the ID of the conflicting member if neither was done.
func (r *memberResource) enter(ctx context.Context, plan membership, diags *diag.Diagnostics) (m *api.Member, inTheWay string, err error) {
	for range 3 { // the member may be removed between the refusal and the lookup
		if m, err = r.add(ctx, plan, diags); err == nil {
			return m, "", nil
		}
		id := memberInTheWay(err)
		if id == "" || !plan.Adopt.ValueBool() {
			return nil, id, err
		}
		// Nothing was created, so the state stays empty until the member matches the plan: a failure before that would mark
		// an existing member as tainted, and the next apply would remove it.
		if m, err = r.takeOver(ctx, plan, id); err == nil {
			m, err = r.adopt(ctx, plan, m)
			return m, "", err
		}
		if !client.IsNotFound(err) {
			break
		}
	}
	return nil, "", err
}

// add adds the member. A user that this run has just removed, and that the resource would have adopted, does not have
// to accept an invitation again.
func (r *memberResource) add(ctx context.Context, plan membership, diags *diag.Diagnostics) (*api.Member, error) {
	in := api.AddMemberRequest{
		Email:        plan.Email.ValueStringPointer(),
		TargetUserID: plan.TargetUserID.ValueStringPointer(),
		APIKeyID:     plan.APIKeyID.ValueStringPointer(),
		RoleID:       plan.RoleID.ValueStringPointer(),
		ExternalIDs:  externalIDsIn(plan.ExternalIDs),
	}
	defer r.handovers.hold(plan)()
	user, again := r.handovers.wasRemoved(plan)
	if again && user != "" && plan.Adopt.ValueBool() {
		in.Email, in.TargetUserID = nil, &user
	}
	m, err := r.addMember(ctx, plan.ProjectID.ValueString(), in)
	if err == nil && again {
		diags.AddWarning("A member was removed and added again in one apply",
			plan.principal()+" was destroyed at another address or replaced, and now has a new ID. An open invitation was sent again, and project roles are missing until they are assigned again. "+moved)
	}
	return m, err
}
