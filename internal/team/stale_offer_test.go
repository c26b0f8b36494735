package team_test

import (
	"context"
	"path"
	"testing"

	"raff/internal/permission"
	"raff/internal/signin"
	"raff/internal/team"
)

// mailed delivers the due emails and returns their tokens, by the project or account of the invitation.
func (h *house) mailed() map[string]string {
	h.t.Helper()
	tokens := map[string]string{}
	for {
		found, err := h.outbox.Deliver(h.ctx(), false, func(_ context.Context, m team.Mail) error {
			tokens[m.ProjectName] = path.Base(m.Link)
			return nil
		})
		if err != nil {
			h.t.Fatal(err)
		}
		if !found {
			return tokens
		}
	}
}

// In an account with the strict policy, an inviter who may no longer assign the role only affects their own invitation, and
// only until someone else resends it.
func TestStaleInvitationDoesNotBlockOthers(t *testing.T) {
	h := newHouse(t)
	if err := h.SetStrict(h.ctx(), h.account.AccountID); err != nil {
		t.Fatal(err)
	}
	h.owner = h.person(h.account.OwnerUserID)
	inviterMember, inviter := h.join(h.system("admin"))
	bob := "bob@example.com"
	viewer := team.SystemRoleID(permission.ScopeProject, "viewer")
	stale := must(h.AddMember(h.ctx(), inviter, team.NewMember{Email: &bob, RoleID: h.system("admin")}))
	good := must(h.AddMember(h.ctx(), h.owner, team.NewMember{Email: &bob, RoleID: viewer, ProjectID: h.account.DefaultProjectID}))
	tokens := h.mailed()
	low := h.system("member")
	must(h.UpdateMember(h.ctx(), h.owner, "", inviterMember.ID, team.MemberChange{RoleID: &low}))

	accept := func(token string) (team.Member, error) {
		return h.signin.AcceptInvitation(h.ctx(), signin.Accept{Token: token, Name: "Bob", Password: "lamp orbit velvet toast"})
	}
	_, err := accept(tokens[""])
	want(t, err, "invitation_gone")
	if m, err := accept(tokens["Default"]); err != nil || m.ID != good.ID {
		t.Fatalf("the valid invitation: %v, %v", m, err)
	}
	if m := must(h.GetMember(h.ctx(), h.owner, "", stale.ID)); m.Status != team.StatusPending {
		t.Fatalf("member of the stale invitation: %s", m.Status)
	}
	if inv := must(h.ResendInvitation(h.ctx(), h.owner, stale.Invitation.ID)); inv.InvitedBy != h.owner.ID || inv.InvitedByUser != h.owner.ID {
		t.Errorf("inviter after resending: %s", inv.InvitedBy)
	}
	if m, err := accept(h.mailed()[""]); err != nil || m.ID != stale.ID || m.Status != team.StatusActive {
		t.Errorf("resent by someone who may assign the role: %v, %v", m.Status, err)
	}
}

// In an account with the strict policy, acceptance depends on the permissions of the person who chose the role, not on
// those of the original inviter.
func TestRoleChangeMakesCallerInviter(t *testing.T) {
	for name, change := range map[string]func(h *house, inviter *team.Principal, offer team.Member){
		"the role of the offer": func(h *house, _ *team.Principal, offer team.Member) {
			admin := h.system("admin")
			must(h.UpdateMember(h.ctx(), h.owner, "", offer.ID, team.MemberChange{RoleID: &admin}))
		},
		"the role is deleted and its holders get another": func(h *house, _ *team.Principal, offer team.Member) {
			if err := h.DeleteRole(h.ctx(), h.owner, offer.Role.ID, h.system("admin"), nil); err != nil {
				h.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			if err := h.SetStrict(h.ctx(), h.account.AccountID); err != nil {
				t.Fatal(err)
			}
			h.owner = h.person(h.account.OwnerUserID)
			small := must(h.CreateRole(h.ctx(), h.owner, team.NewRole{Name: "Small", Slug: "small", Scope: permission.ScopeAccount, Permissions: []string{permission.MembersView}}))
			host := must(h.CreateRole(h.ctx(), h.owner, team.NewRole{Name: "Host", Slug: "host", Scope: permission.ScopeAccount, Permissions: []string{permission.MembersView, permission.MembersInvite}}))
			_, inviter := h.join(host.ID)
			bob := "bob@example.com"
			offer := must(h.AddMember(h.ctx(), inviter, team.NewMember{Email: &bob, RoleID: small.ID}))
			change(h, inviter, offer)
			m, err := h.signin.AcceptInvitation(h.ctx(), signin.Accept{Token: h.mailed()[""], Name: "Bob", Password: "lamp orbit velvet toast"})
			if err != nil || m.Status != team.StatusActive || m.Role.ID != h.system("admin") {
				t.Errorf("accepting: %v, %v", m.Role.Slug, err)
			}
		})
	}
}
