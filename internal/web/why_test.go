package web_test

import (
	"fmt"
	"testing"
)

// The pages explain what people and keys may do, and who may do something.
func TestWhy(t *testing.T) {
	o := newOffice(t)
	shop := o.Do(t, "POST", "/api/v1/projects", o.Key, map[string]any{"name": "Web shop"}).Want(t, 201).Data(t)["id"].(string)
	carol, user := o.NewMember(t, "carol@example.com", "Carol", o.RoleID(t, "account", "member"))
	o.Do(t, "POST", "/api/v1/projects/"+shop+"/members", o.Key, map[string]any{"target_user_id": user, "role_id": o.RoleID(t, "project", "viewer")}).Want(t, 201)
	pending := o.Invite(t, "dora@example.com", o.RoleID(t, "account", "admin"))
	robot, _ := o.NewKeyID(t, "robot", "")
	o.Do(t, "POST", "/api/v1/projects/"+shop+"/members", o.Key, map[string]any{"api_key_id": robot, "role_id": o.RoleID(t, "project", "operator")}).Want(t, 201)

	at := "/members/" + carol
	o.owner.open(t, at).shows(t, 200, "Why? Check a permission in Web shop")
	why := func(path, permission, project string) page {
		return o.owner.open(t, fmt.Sprintf("%s/why?permission=%s&project=%s", path, permission, project))
	}
	o.owner.open(t, at+"/why?project="+shop).shows(t, 200, "Choose a permission", "Web shop").lacks(t, "These roles grant it")
	why(at, "vm.create", shop).shows(t, 200, "Carol may not create virtual machines in Web shop", "The role Viewer does not grant it.", "These roles grant it", "Operator", "Project Admin", "Owner").lacks(t, "Admin (")
	why(at, "vm.view", shop).shows(t, 200, "Carol may view virtual machines in Web shop", "The role Viewer grants it.")
	why(at, "vm.create", o.ProjectID).shows(t, 200, "Carol may not create virtual machines in Default", "Carol has no role in Default.")
	why(at, "vm.create", "").shows(t, 200, "Choose a project")
	why(at, "account.audit.view", shop).shows(t, 200, "Carol may not view the audit log in Acme", "The role Member does not grant it.")
	why("/members/"+pending, "account.audit.view", "").shows(t, 200, "dora@example.com may not view the audit log", "The invitation has not been accepted yet. Its role Admin would grant it.")
	why("/members/"+o.OwnerMemberID, "vm.create", shop).shows(t, 200, "Trent may create virtual machines in Web shop", "The role Owner grants it.")
	o.owner.open(t, "/keys/"+robot).shows(t, 200, "Why? Check what this key may do")
	why("/keys/"+robot, "vm.create", shop).shows(t, 200, "robot may create virtual machines in Web shop", "The role Operator grants it.")
	why(at, "vm.fly", shop).shows(t, 200, "Choose a permission").lacks(t, "may not")

	o.owner.open(t, "/permissions/vm.view?project="+shop).shows(t, 200, "View virtual machines", "vm.view", "Roles that grant it", "Who may do it in Web shop", "Carol through the role Viewer", "robot through the role Operator", "Trent through the role Owner")
	o.owner.open(t, "/permissions/vm.create?project="+shop).shows(t, 200, "robot through the role Operator").lacks(t, "Carol")
	o.owner.open(t, "/permissions/account.audit.view").shows(t, 200, "Who may do it in Acme", "Trent through the role Owner").lacks(t, "Carol", "dora")
	o.owner.open(t, "/permissions/vm.fly").shows(t, 404)
	o.owner.open(t, "/roles/"+o.RoleID(t, "project", "viewer")).shows(t, 200, "View virtual machines")

	// Members who may not ask see neither the links nor the pages.
	mate := signIn(t, o.Server, "carol@example.com")
	mate.open(t, at).shows(t, 200).lacks(t, "Why?")
	mate.open(t, at+"/why").shows(t, 403)
	mate.open(t, "/permissions/vm.view").shows(t, 403)
}
