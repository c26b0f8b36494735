package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"testing"

	"raff/api"
	"raff/client"
	"raff/internal/rafftest"
)

func Example() {
	ctx := context.Background()
	c, err := client.New(srv.URL, srv.Key)
	if err != nil {
		log.Fatal(err)
	}
	who, err := c.Whoami(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(who.Account.Name, who.Role.Name)
	// Output: Acme Owner
}

// Invite somebody. Doing it twice is a conflict that says which member already exists.
func ExampleMemberService_Add() {
	ctx := context.Background()
	c, err := client.New(srv.URL, srv.Key)
	if err != nil {
		log.Fatal(err)
	}

	alice := api.AddMemberRequest{Email: new("alice@example.com"), RoleID: new(adminRole)}
	m, err := c.Members.Add(ctx, alice)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Email, m.Status, m.RoleName)

	_, err = c.Members.Add(ctx, alice)
	if refusal, ok := errors.AsType[*client.Error](err); ok && client.IsConflict(err) {
		fmt.Println(refusal.Code, refusal.MemberID == m.ID)
	}
	// Output:
	// alice@example.com pending Admin
	// invitation_pending true
}

// Walk a whole list, however long it is.
func ExampleMemberService_All() {
	ctx := context.Background()
	c, err := client.New(srv.URL, srv.Key)
	if err != nil {
		log.Fatal(err)
	}

	for m, err := range c.Members.All(ctx, client.ListMembersOptions{PrincipalType: api.PrincipalUser}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.Email, m.RoleName)
	}
	// Output: owner@example.com Owner
}

// Find the role to hand out by its slug.
func ExampleRoleService_All() {
	ctx := context.Background()
	c, err := client.New(srv.URL, srv.Key)
	if err != nil {
		log.Fatal(err)
	}

	for r, err := range c.Roles.All(ctx, client.ListRolesOptions{Scope: api.ScopeAccount}) {
		if err != nil {
			log.Fatal(err)
		}
		if r.Slug == "billing" {
			fmt.Println(r.Name, r.Permissions)
		}
	}
	// Output: Billing [account.billing.view account.billing.manage]
}

// srv is a real server for the examples, which have no *testing.T.
var (
	srv          *rafftest.Server
	adminRole    string
	operatorRole string
)

func TestMain(m *testing.M) {
	t := &exampleTB{}
	srv = rafftest.Start(t)
	adminRole = srv.RoleID(t, "account", "admin")
	operatorRole = srv.RoleID(t, "project", "operator")
	m.Run()
	for _, f := range slices.Backward(t.cleanup) {
		f()
	}
}

// exampleTB stands in for the test that an example is not.
type exampleTB struct {
	testing.TB
	cleanup []func()
}

func (t *exampleTB) Helper()                        {}
func (t *exampleTB) Log(...any)                     {}
func (t *exampleTB) Errorf(format string, a ...any) { log.Printf(format, a...) }
func (t *exampleTB) Fatalf(format string, a ...any) { log.Fatalf(format, a...) }
func (t *exampleTB) Context() context.Context       { return context.Background() }
func (t *exampleTB) Cleanup(f func())               { t.cleanup = append(t.cleanup, f) }

func (t *exampleTB) TempDir() string {
	dir, err := os.MkdirTemp("", "raff-example-")
	if err != nil {
		log.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			log.Print(err)
		}
	})
	return dir
}
