package operatorapi_test

import (
	"io"
	"testing"

	"raff/api"
	"raff/api/client"
	"raff/internal/rafftest"
)

// The SDK reaches every operation.
func TestSDK(t *testing.T) {
	srv := rafftest.Start(t, rafftest.WithOperator())
	o, err := client.NewOperator(srv.Node.OperatorURL(), srv.OperatorKey(t, "write"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if who, err := o.Whoami(ctx); err != nil || who.Scope != api.OperatorWrite {
		t.Fatalf("whoami: %+v, %v", who, err)
	}
	name, owner, plan, two := "Shop", "bob@example.com", "free", 2
	made, err := o.Accounts.Create(ctx, api.CreateAccountRequest{Name: &name, OwnerEmail: &owner, Limits: &map[string]*int{"members": &two}, Attributes: &map[string]*string{"plan": &plan, "crm": nil}})
	if err != nil || made.APIKey == "" || made.OwnerLink == "" || *made.Limits.Members != 2 || made.Attributes["plan"] != "free" || len(made.Attributes) != 1 {
		t.Fatalf("created: %+v, %v", made, err)
	}
	changed, err := o.Accounts.Update(ctx, made.ID, api.UpdateOperatedAccountRequest{Limits: &map[string]*int{"members": nil}, Attributes: &map[string]*string{"plan": nil}})
	if err != nil || changed.Limits.Members != nil || len(changed.Attributes) != 0 {
		t.Errorf("changed: %+v, %v", changed, err)
	}
	if a, err := o.Accounts.Suspend(ctx, made.ID, "unpaid"); err != nil || a.State != api.AccountSuspended || a.StateReason != "unpaid" {
		t.Errorf("suspended: %+v, %v", a, err)
	}
	found := 0
	for a, err := range o.Accounts.All(ctx, client.ListAccountsOptions{State: api.AccountSuspended, Query: "BOB@"}) {
		if found++; err != nil || a.ID != made.ID {
			t.Errorf("found: %+v, %v", a, err)
		}
	}
	if found != 1 {
		t.Errorf("found %d accounts", found)
	}
	if a, err := o.Accounts.Resume(ctx, made.ID); err != nil || a.State != api.AccountActive {
		t.Errorf("resumed: %+v, %v", a, err)
	}
	days := 8
	if a, err := o.Accounts.Delete(ctx, made.ID, client.DeleteAccountOptions{GraceDays: &days}); err != nil || a.State != api.AccountDeleting || a.DeleteAt == nil {
		t.Errorf("deleted: %+v, %v", a, err)
	}
	if a, err := o.Accounts.Resume(ctx, made.ID); err != nil || a.State != api.AccountActive {
		t.Errorf("resumed: %+v, %v", a, err)
	}
	if m, err := o.Accounts.Export(ctx, made.ID, io.Discard); err != nil || m.AccountID != made.ID {
		t.Errorf("exported: %+v, %v", m, err)
	}
	if days, err := o.Accounts.Usage(ctx, made.ID, client.UsageOptions{From: "2030-01-01", To: "2030-01-31"}); err != nil || len(days) != 0 {
		t.Errorf("usage: %+v, %v", days, err)
	}
	for u, err := range o.Accounts.UsageOn(ctx, "2030-01-01") {
		t.Errorf("usage of all accounts: %+v, %v", u, err)
	}
	if a, err := o.Accounts.Get(ctx, made.ID); err != nil || a.Usage == nil || a.Usage.Members != 1 {
		t.Errorf("shown: %+v, %v", a, err)
	}
	alice, _ := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	if a, err := o.Accounts.ChangeOwner(ctx, srv.AccountID, api.ChangeOwnerRequest{MemberID: &alice}); err != nil || a.Owner.MemberID != alice {
		t.Errorf("owner: %+v, %v", a, err)
	}
	p, err := o.People.Find(ctx, "alice@example.com")
	if err != nil || len(p.Memberships) != 1 {
		t.Fatalf("found: %+v, %v", p, err)
	}
	if got, err := o.People.Get(ctx, p.ID); err != nil || got.Email != p.Email {
		t.Errorf("person: %+v, %v", got, err)
	}
	if link, err := o.People.PasswordLink(ctx, p.ID); err != nil || link.Link == "" {
		t.Errorf("link: %+v, %v", link, err)
	}
	if got, err := o.People.ResetSecondFactors(ctx, p.ID); err != nil || len(got.Sessions) != 0 {
		t.Errorf("reset: %+v, %v", got, err)
	}
	if m, err := o.People.Export(ctx, p.ID, io.Discard); err != nil || m.PersonID != p.ID || m.AccountID != "" {
		t.Errorf("exported: %+v, %v", m, err)
	}
	if nodes, err := o.Nodes.List(ctx); err != nil {
		t.Errorf("nodes: %+v, %v", nodes, err)
	}
	if _, err := o.Nodes.Forget(ctx, made.ID); !client.IsNotFound(err) {
		t.Errorf("forgot an unknown node: %v", err)
	}
	if j, err := o.Jobs.Run(ctx, "seal"); err != nil || *j.LastResult != api.JobOK {
		t.Errorf("job: %+v, %v", j, err)
	}
	if jobs, err := o.Jobs.List(ctx, client.ListJobsOptions{Name: "seal"}); err != nil || len(jobs) != 1 {
		t.Errorf("jobs: %+v, %v", jobs, err)
	}
	for e, err := range o.Emails.All(ctx, client.ListEmailsOptions{State: api.EmailFailed}) {
		t.Errorf("email: %+v, %v", e, err) // this server sends none
	}
	if _, err := o.Emails.Retry(ctx, made.ID); !client.IsNotFound(err) {
		t.Errorf("retried an unknown email: %v", err)
	}
	if _, err := o.Emails.Cancel(ctx, made.ID); !client.IsNotFound(err) {
		t.Errorf("cancelled an unknown email: %v", err)
	}
	catalog, err := o.Catalog.Get(ctx)
	if err != nil || !catalog.Default {
		t.Fatalf("catalog: %+v, %v", catalog, err)
	}
	next := api.CatalogRequest{Catalog: &catalog.Catalog}
	if diff, err := o.Catalog.Compare(ctx, next); err != nil || !diff.Same || diff.ExpectedFingerprint != catalog.Fingerprint {
		t.Errorf("compared: %+v, %v", diff, err)
	}
	next.ExpectedFingerprint = &catalog.Fingerprint
	if diff, err := o.Catalog.Apply(ctx, next); err != nil || !diff.Same {
		t.Errorf("applied: %+v, %v", diff, err)
	}
	if events, err := o.Events(ctx, client.ListOptions{Limit: 1}); err != nil || len(events.Data) != 1 {
		t.Errorf("events: %+v, %v", events, err)
	}
	reader, err := client.NewOperator(srv.Node.OperatorURL(), srv.OperatorKey(t, "read"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Accounts.Resume(ctx, made.ID); !client.IsDenied(err) {
		t.Errorf("a change with a key that can only read: %v", err)
	}
}
