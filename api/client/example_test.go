package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"raff/api"
	"raff/api/client"
)

func Example() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
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

// Invite someone. A second invitation is a conflict that names the existing member.
func ExampleMemberService_Add() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
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

// Iterate over a list of any length.
func ExampleMemberService_All() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
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

// Find a role by its slug.
func ExampleRoleService_All() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
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
