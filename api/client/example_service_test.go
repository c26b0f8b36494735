package client_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"raff/api"
	"raff/api/client"
)

// Create an API key for a program, rotate its secret, and revoke it. Each secret is returned only once.
func ExampleAPIKeyService() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}

	key, err := c.APIKeys.Create(ctx, api.CreateAPIKeyRequest{Name: new("nightly backup")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Name, strings.HasPrefix(key.Secret, key.KeyPrefix))

	again, err := c.APIKeys.Regenerate(ctx, key.ID, api.RegenerateAPIKeyRequest{GraceSeconds: new(3600)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("another secret under the same id:", again.Secret != key.Secret && again.ID == key.ID)

	if _, err := c.APIKeys.Revoke(ctx, key.ID); err != nil {
		log.Fatal(err)
	}
	_, err = c.APIKeys.Get(ctx, key.ID)
	fmt.Println("gone:", client.IsNotFound(err))
	// Output:
	// nightly backup true
	// another secret under the same id: true
	// gone: true
}

// List the permissions from which roles are made.
func ExamplePermissionService_List() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}

	ps, err := c.Permissions.List(ctx, api.ScopeProject)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range ps {
		if p.Category == "Backups" && p.Removes {
			fmt.Println(p.Name, "-", p.Description)
		}
	}
	// Output: backup.delete - Delete backups
}

// Create a custom role with the permissions it needs.
func ExampleRoleService_Create() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}

	r, err := c.Roles.Create(ctx, api.CreateRoleRequest{
		Name: new("Support"), Slug: new("support"), Scope: new(api.ScopeAccount),
		Permissions: &[]string{"account.members.view", "account.audit.view"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Slug, r.Permissions, r.IsSystem)
	// Output: support [account.members.view account.audit.view] false
}

// Invite someone on a server without email: pass the link on yourself.
func ExampleInvitationService_Link() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}

	inv, err := c.Invitations.Create(ctx, api.CreateInvitationRequest{Email: new("frank@example.com"), RoleID: new(adminRole)})
	if err != nil {
		log.Fatal(err)
	}
	link, err := c.Invitations.Link(ctx, inv.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(inv.Email, strings.HasPrefix(link.Link, os.Getenv("RAFF_API_URL")+"/invite/"))

	if _, err := c.Invitations.Cancel(ctx, inv.ID); err != nil {
		log.Fatal(err)
	}
	// Output: frank@example.com true
}

// Create a project and give an API key a role only in this project.
func ExampleProjectMemberService_Add() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}

	p, err := c.Projects.Create(ctx, api.CreateProjectRequest{Name: new("Web Shop")})
	if err != nil {
		log.Fatal(err)
	}
	key, err := c.APIKeys.Create(ctx, api.CreateAPIKeyRequest{Name: new("web shop deploy")})
	if err != nil {
		log.Fatal(err)
	}
	m, err := c.ProjectMembers.Add(ctx, p.ID, api.AddProjectMemberRequest{APIKeyID: &key.ID, RoleID: new(operatorRole)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Slug, m.Name, m.RoleName, m.Status)
	// Output: web-shop web shop deploy Operator active
}

// Rename a project. Its slug does not change, so that references to it keep working.
func ExampleProjectService_Update() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}

	p, err := c.Projects.Create(ctx, api.CreateProjectRequest{Name: new("Website")})
	if err != nil {
		log.Fatal(err)
	}
	p, err = c.Projects.Update(ctx, p.ID, api.UpdateProjectRequest{Name: new("Website 2")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Name, p.Slug)
	// Output: Website 2 website
}

// Read the audit log, newest events first.
func ExampleAuditService_All() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}

	for e, err := range c.Audit.All(ctx, client.ListEventsOptions{Action: "account.created"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(e.Action, e.TargetName)
	}
	// Output: account.created Acme
}

// Invite a whole team at once. Every row has its own result; a row that is refused does not affect the others.
func ExampleMemberService_AddMany() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}

	var rows []api.AddMemberRequest
	for _, email := range []string{"carol@example.com", "dave", "erin@example.com"} {
		rows = append(rows, api.AddMemberRequest{Email: &email, RoleID: new(adminRole)})
	}
	results, err := c.Members.AddMany(ctx, api.AddMembersRequest{Members: &rows})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range results {
		if r.Error != nil {
			fmt.Println(*rows[r.Index].Email, r.Error.Code)
			continue
		}
		fmt.Println(r.Member.Email, r.Member.Status)
	}
	// Output:
	// carol@example.com pending
	// dave invalid_email
	// erin@example.com pending
}

// Add a user who is known in the account, by their id.
func ExampleUserService_Lookup() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}

	u, err := c.Users.Lookup(ctx, "Owner@Example.com")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(u.Email)
	// Output: owner@example.com
}

// Only the Owner can transfer ownership, while signed in. It is denied for an API key, even with the Owner role.
func ExampleAccountService_TransferOwnership() {
	ctx := context.Background()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}

	owners, err := c.Members.List(ctx, client.ListMembersOptions{Email: "owner@example.com"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = c.Account.TransferOwnership(ctx, owners.Data[0].ID)
	fmt.Println(client.IsDenied(err), client.Code(err))
	// Output: true permission_denied
}
