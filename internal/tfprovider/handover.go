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
)

// handovers knows which memberships changed hands in this run. When a resource gets another address without a moved
// block, Terraform creates it under the new address and destroys it under the old one, in any order or at once: what the
// new address took over, the old one must not remove.
type handovers struct {
	// Held for writing while a member is taken over and for reading while one is removed, so that a member is not
	// taken over whose removal is under way.
	taking sync.RWMutex

	mu      sync.Mutex
	adopted map[string]bool      // ids of memberships
	removed map[principal]string // the user's id, empty for nobody who had accepted
	planned map[principal]intent
	kept    map[string]bool    // ids that a refresh or a plan found in the state
	moving  map[principal]bool // those whom a replacement in this plan creates
	held    map[principal]*sync.Mutex
}

// hold keeps a principal from being added while they are removed, and the other way round, until release is called: an
// addition that came between a removal and the note of it would not know whom the run has just removed.
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
	does  string // plannedCreate or plannedDestroy
	adopt bool   // a member who is there is taken over
	pure  bool   // what is created is not the other half of a replacement
}

// principal is somebody in the account, or in a project, by the canonical form of their address.
type principal struct{ project, email string }

const (
	plannedCreate  = "create"
	plannedDestroy = "destroy"
)

const moved = "If a resource only got another name, key or index, say so with a moved block, and nothing happens to the member:\n\n" +
	"  moved {\n    from = OLD ADDRESS\n    to   = NEW ADDRESS\n  }"

// who is the principal of a plan or a state; not ok where the address is not known, as for a user's id in a plan.
func (m membership) who() (p principal, ok bool) {
	p.project = m.ProjectID.ValueString()
	switch {
	case known(m.PrincipalEmail):
		p.email = canonicalEmail(m.PrincipalEmail.ValueString())
	case known(m.Email):
		p.email = canonicalEmail(m.Email.ValueString())
	case known(m.APIKeyID):
		p.email = m.APIKeyID.ValueString() + keyDomain
	}
	return p, p.email != "" && !m.ProjectID.IsUnknown()
}

// adopting marks the membership as taken over. The caller holds taking.
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

// dismissed notes who was removed in this run.
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

// wasRemoved reports whether this run has removed the principal, and the user's id if it was one.
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

// plan notes what a plan does with a principal, and says so when it does both.
func (h *handovers) plan(m membership, does string, diags *diag.Diagnostics) {
	who, ok := m.who()
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := intent{does: does, adopt: m.Adopt.ValueBool(), pure: !h.moving[who]}
	other := h.planned[who]
	created := now
	if does == plannedDestroy {
		created = other
	}
	const summary = "A member is destroyed at one address and created at another"
	switch {
	case other.does == "" || other.does == does:
	case created.adopt:
		diags.AddWarning(summary, who.email+" is both in this plan. The new address takes the member over (adopt_existing), and the old one leaves it alone. "+moved)
	case created.pure:
		diags.AddError(summary, who.email+" is both in this plan, and the apply would fail, or remove the member and invite them anew. "+moved+
			"\n\nOr set adopt_existing = true, and the new address takes the member over.")
	default:
		diags.AddWarning(summary, who.email+" is both in this plan, so the member may be removed and invited anew, or the apply may have to be run twice. "+
			"With for_each over addresses in place of count, nobody moves. "+moved)
	}
	if h.planned == nil {
		h.planned = map[principal]intent{}
	}
	h.planned[who] = now
}

// keep notes that the state has the membership.
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

// replacing notes whom a replacement is going to create.
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

// checkNewcomer refuses at plan time to add somebody who is a member already. Whom the state has, at whatever address,
// is about to be replaced or to move.
func (r *memberResource) checkNewcomer(ctx context.Context, plan membership, diags *diag.Diagnostics) {
	who, ok := plan.who()
	if !r.connected() || r.wrote.Load() || diags.HasError() {
		return
	}
	if known(plan.TargetUserID) {
		u, err := r.client.Users.Get(ctx, plan.TargetUserID.ValueString())
		if client.IsNotFound(err) {
			diags.AddAttributeError(path.Root("target_user_id"), "No such user", fmt.Sprintf(
				"Nobody with the user id %s is or was in the account. The id of a member is not the id of the user; raff_member has that as user_id. Somebody new is invited by email.", plan.TargetUserID.ValueString()))
		}
		if err != nil {
			return
		}
		who, ok = principal{plan.ProjectID.ValueString(), canonicalEmail(u.Email)}, !plan.ProjectID.IsUnknown()
	}
	if !ok {
		return
	}
	m, err := r.byEmail.lookup(ctx, who.project, who.email)
	switch {
	case err != nil || m == nil: // the server knows more when it comes to it
	case m.IsOwner && !r.inProject:
		diags.AddError("The Owner cannot be added as a member", fmt.Sprintf(
			"%s is the Owner of the account, and that membership changes only by a transfer of the ownership. Take the resource out of the configuration.", m.Email))
	case plan.Adopt.ValueBool() || plan.Adopt.IsUnknown() || r.handovers.isKept(m.ID) || r.handovers.isReplacing(who):
	default:
		diags.AddError(r.alreadyMember(plan, m.ID, m))
	}
}

// planned is plan of the run's handovers; while Terraform only validates, there is no run.
func (r *memberResource) planned(m membership, does string, diags *diag.Diagnostics) {
	if r.session != nil && !r.wrote.Load() {
		r.handovers.plan(m, does, diags)
	}
}

// dismiss removes a member, unless this run took it over: nil, nil then, with a warning.
func (s *session) dismiss(ctx context.Context, m membership, diags *diag.Diagnostics) (*api.Done, error) {
	s.handovers.taking.RLock()
	defer s.handovers.taking.RUnlock()
	if s.handovers.wasAdopted(m.memberID()) {
		diags.AddWarning("A member was kept that another address has taken over",
			m.principal()+" was to be destroyed at this address, and was taken over at another one in the same apply (adopt_existing). "+
				"The member was left as it is, and this address is out of the state. "+moved)
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

// takeOver marks a member as taken over and returns it as it is. IsNotFound reports that it was removed meanwhile.
func (r *memberResource) takeOver(ctx context.Context, plan membership, id string) (*api.Member, error) {
	r.handovers.taking.Lock()
	defer r.handovers.taking.Unlock()
	m, err := r.now(ctx, plan.as(id))
	if err == nil {
		r.handovers.adopting(id)
	}
	return m, err
}

// enter adds the member that the plan says, or takes it over. inTheWay is the id of the member because of which neither
// was done.
func (r *memberResource) enter(ctx context.Context, plan membership, diags *diag.Diagnostics) (m *api.Member, inTheWay string, err error) {
	for range 3 { // somebody may be removed between the refusal and the look
		if m, err = r.add(ctx, plan, diags); err == nil {
			return m, "", nil
		}
		id := memberInTheWay(err)
		if id == "" || !plan.Adopt.ValueBool() {
			return nil, id, err
		}
		// Nothing was made, so nothing is in the state until the member is what the plan says: a failure on the way
		// would mark somebody else's member as tainted, and the next apply would remove it.
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

// add adds the member. One that this run has just removed, and that the resource would have taken over, does not have
// to accept an invitation again.
func (r *memberResource) add(ctx context.Context, plan membership, diags *diag.Diagnostics) (*api.Member, error) {
	in := api.AddMemberRequest{
		Email:        plan.Email.ValueStringPointer(),
		TargetUserID: plan.TargetUserID.ValueStringPointer(),
		APIKeyID:     plan.APIKeyID.ValueStringPointer(),
		RoleID:       plan.RoleID.ValueStringPointer(),
	}
	defer r.handovers.hold(plan)()
	user, again := r.handovers.wasRemoved(plan)
	if again && user != "" && plan.Adopt.ValueBool() {
		in.Email, in.TargetUserID = nil, &user
	}
	m, err := r.addMember(ctx, plan.ProjectID.ValueString(), in)
	if err == nil && again {
		diags.AddWarning("A member was removed and added again in one apply",
			plan.principal()+" was destroyed at another address or replaced, and has a new id now; an invitation was sent anew where one was open, and roles in projects are gone until they are given again. "+moved)
	}
	return m, err
}
