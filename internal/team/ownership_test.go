package team_test

import (
	"testing"

	"raff/internal/team"
)

func TestTransferOwnership(t *testing.T) {
	h := newHouse(t)
	m, bob := h.join(h.system("member"))
	_, ownerKey := h.key(h.owner, h.system("owner"))
	_, err := h.TransferOwnership(h.ctx(), ownerKey, m.ID, team.Proof{})
	want(t, err, "permission_denied")
	_, err = h.TransferOwnership(h.ctx(), bob, m.ID, team.Proof{})
	want(t, err, "permission_denied")
	carol := "carol@example.com"
	pending := must(h.AddMember(h.ctx(), h.owner, team.NewMember{Email: &carol, RoleID: h.system("member")}))
	_, err = h.TransferOwnership(h.ctx(), h.owner, pending.ID, team.Proof{})
	want(t, err, "invalid_reference")

	next := must(h.TransferOwnership(h.ctx(), h.owner, m.ID, team.Proof{}))
	if !next.IsOwner || next.ID != m.ID || !h.person(m.UserID).Owner {
		t.Errorf("the new Owner: %+v", next)
	}
	former := must(h.GetMember(h.ctx(), bob, "", h.account.OwnerMemberID))
	if former.IsOwner || former.Role.Slug != "admin" || h.person(h.account.OwnerUserID).Owner {
		t.Errorf("the former Owner: %+v", former)
	}
	_, err = h.TransferOwnership(h.ctx(), h.owner, pending.ID, team.Proof{})
	want(t, err, "permission_denied")
	if _, err := h.RemoveMember(h.ctx(), h.person(m.UserID), "", h.account.OwnerMemberID, team.Removal{}); err != nil {
		t.Errorf("the former Owner is a member like any other: %v", err)
	}
}

// The Owner repeatedly transfers ownership to two people concurrently.
func TestConcurrentTransfers(t *testing.T) {
	h := newHouse(t)
	a, _ := h.join(h.system("admin"))
	b, _ := h.join(h.system("admin"))
	for range 20 {
		done := make(chan error, 2)
		for _, id := range []string{a.ID, b.ID} {
			go func() {
				_, err := h.TransferOwnership(h.ctx(), h.owner, id, team.Proof{})
				done <- err
			}()
		}
		first, second := <-done, <-done
		if (first == nil) == (second == nil) {
			t.Fatalf("two concurrent transfers: %v and %v, want one to succeed", first, second)
		}
		owners, n, err := h.ListMembers(h.ctx(), team.Operator(h.account.AccountID), team.MemberFilter{RoleID: h.system("owner"), PrincipalType: team.TypeUser})
		if err != nil || n.N != 1 || !owners[0].IsOwner {
			t.Fatalf("owners: %+v, %v", owners, err)
		}
		if _, err := h.TransferOwnership(h.ctx(), h.person(owners[0].UserID), h.account.OwnerMemberID, team.Proof{}); err != nil {
			t.Fatal(err)
		}
	}
}
