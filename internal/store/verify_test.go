package store_test

import (
	"testing"

	"raff/internal/store"
	"raff/internal/team"
)

// Verifying a credential that does not exist executes the same statements as verifying one of another account, so that the
// time does not tell them apart; `make timing` measures it.
func TestUnknownCredentialsCostTheSame(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		svc := team.New(team.Options{Store: store.For[team.Tx](w.DB), Catalog: w.cat})
		newKey := func(a team.Account, secret string) {
			k := team.APIKey{
				ID: newID(), AccountID: a.ID, Name: "Key", KeyPrefix: secret[:13], Hash: team.HashOf(secret), Tier: team.TierStandard,
				IssuedAt: w.start, IsActive: true, CreatedBy: newID(), CreatedAt: w.start, UpdatedAt: w.start,
			}
			m := team.Member{
				ID: newID(), AccountID: a.ID, Type: team.TypeAPIKey, APIKeyID: k.ID, Email: team.KeyEmail(k.ID), CanonicalEmail: team.KeyEmail(k.ID),
				Name: k.Name, Role: w.admin, Status: team.StatusActive, ManagedBy: team.ManagedByAPI, CreatedAt: w.start, UpdatedAt: w.start,
			}
			err := w.Update(w.ctx, a.ID, team.Exclusive, func(tx store.Tx) error {
				if err := tx.InsertAPIKey(w.ctx, k); err != nil {
					return err
				}
				return must(tx.InsertMember(w.ctx, m))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		secret := func(last string) string {
			return "raff_0123456789abcdef0123456789abcdef0123456789abcdef" + last
		}
		newKey(w.newAccount(t, "Other"), secret("0002"))
		newKey(w.account, secret("0001"))
		_, asks, err := svc.CreateAPIKey(w.ctx, team.Operator(w.account.ID), team.NewAPIKey{Name: "asks", RoleID: w.admin.ID})
		if err != nil {
			t.Fatal(err)
		}
		p, err := svc.Authenticate(w.ctx, asks)
		if err != nil {
			t.Fatal(err)
		}
		var seen store.Statements
		seen.Watch(w.DB)
		cost := func(verify func(team.Verification) (team.Verified, error), credential string, want team.VerifyCode) int {
			t.Helper()
			before := seen.Number()
			v, err := verify(team.Verification{Secret: credential})
			if err != nil || v.Code != want {
				t.Errorf("%s: %v %v, want %s", credential, v.Code, err, want)
			}
			return seen.Number() - before
		}
		key := func(v team.Verification) (team.Verified, error) { return svc.VerifyKey(w.ctx, p, v) }
		known, foreign := cost(key, secret("0001"), team.VerifyValid), cost(key, secret("0002"), team.VerifyNotFound)
		if unknown := cost(key, secret("0003"), team.VerifyNotFound); unknown != foreign || unknown != known || unknown == 0 {
			t.Errorf("statements: %d for an unknown key, %d for one of another account, %d for one of this account", unknown, foreign, known)
		}
		session := func(v team.Verification) (team.Verified, error) { return svc.VerifySession(w.ctx, p, v) }
		if n := cost(session, "rs_unknown", team.VerifyNotFound); n != 1 {
			t.Errorf("%d statements for an unknown session", n)
		}
	})
}
