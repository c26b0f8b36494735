package authzen_test

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// model is a second implementation of who may do what, written from the documentation and sharing no code with the
// server. It records the changes that the test made, in the simplest form, and derives each answer from them.
type model struct {
	account  string
	now      func() time.Time
	roles    map[string]*modelRole
	subjects map[string]*modelSubject // by the id of the user or key
	members  map[string]*modelMember  // by the id of the membership
	projects map[string]string        // id → slug
	names    map[string]string        // kind, space, external id → object
}

type modelRole struct {
	scope, slug string
	permissions []string
	owner       bool
}

type modelSubject struct {
	kind, email string
	disabled    bool
	ends        time.Time
}

type modelMember struct {
	subject, project, role, status string
}

// modelActions are the actions of the catalog of the scenario.
var modelActions = map[string]string{"read": "record.read", "write": "record.write", "delete": "record.delete"}

// modelPermissions are the permissions that the test uses, with the scope of each.
var modelPermissions = map[string]string{
	"record.read": "project", "record.write": "project", "record.delete": "project", "project.members.view": "project",
	"account.audit.view": "account", "account.members.view": "account", "account.members.manage": "account", "account.decisions.evaluate": "account",
}

// modelQuestion is one question. Empty properties are not sent.
type modelQuestion struct {
	subjectType, subject, action, resourceType, resource string
	status, role                                         string
	soft                                                 *bool
}

// find returns the subject with an id: the id of a user or key, the id of a membership, an email, or an external id.
func (m *model) find(kind, id string) (string, bool) {
	if s, ok := m.subjects[id]; ok {
		return id, s.kind == kind && (kind == "api_key" || m.isMember(id))
	}
	if x, ok := m.members[id]; ok {
		return x.subject, m.subjects[x.subject].kind == kind
	}
	for sid, s := range m.subjects {
		if kind == "user" && s.kind == "user" && strings.EqualFold(s.email, id) && m.isMember(sid) {
			return sid, true
		}
	}
	object := map[string]string{"user": "member", "api_key": "api_key"}[kind]
	target, ok := m.names[object+" "+strings.TrimPrefix(id, "ext:app:")]
	if !ok {
		return "", false
	}
	if x, ok := m.members[target]; ok {
		return x.subject, true
	}
	_, ok = m.subjects[target]
	return target, ok
}

func (m *model) isMember(subject string) bool {
	for _, x := range m.members {
		if x.subject == subject {
			return true
		}
	}
	return false
}

// place returns the project of a resource; empty for the account.
func (m *model) place(kind, id string) (project string, ok bool) {
	switch kind {
	case "account":
		return "", id == m.account
	case "project":
		for project, slug := range m.projects {
			if id == project || id == slug {
				return project, true
			}
		}
		fallthrough
	case "record":
		project, ok = m.names[kind+" "+strings.TrimPrefix(id, "ext:app:")]
		return project, ok
	}
	return "", false
}

// allowed answers a question.
func (m *model) allowed(q modelQuestion) bool {
	permission := q.action
	if other, ok := modelActions[q.action]; ok {
		permission = other
	}
	scope, ok := modelPermissions[permission]
	if !ok {
		return false
	}
	subject, ok := m.find(q.subjectType, q.subject)
	if !ok {
		return false
	}
	project, ok := m.place(q.resourceType, q.resource)
	if !ok {
		return false
	}
	if scope == "project" && project == "" || scope == "account" && q.resourceType == "record" {
		return false
	}
	s := m.subjects[subject]
	if s.disabled || !s.ends.IsZero() && !m.now().Before(s.ends) {
		return false
	}
	for _, x := range m.members {
		if x.subject == subject && x.project == "" && x.status == "suspended" {
			return false
		}
	}
	for _, x := range m.members {
		if x.subject != subject || x.status != "active" {
			continue
		}
		role := m.roles[x.role]
		here := x.project == "" && scope == "account" || x.project == project && scope == "project"
		if role.owner && x.project == "" || here && m.grants(role, permission) {
			if m.meets(q, permission, role.slug) {
				return true
			}
		}
	}
	return false
}

func (m *model) grants(r *modelRole, permission string) bool {
	return slices.Contains(r.permissions, permission) ||
		permission == "account.decisions.evaluate" && slices.Contains(r.permissions, "account.members.manage")
}

// meets reports whether the conditions of the scenario's catalog hold.
func (m *model) meets(q modelQuestion, permission, slug string) bool {
	switch permission {
	case "record.write":
		role := q.role
		if role == "" {
			role = slug
		}
		return q.status != "archived" || role == "admin"
	case "record.delete":
		return q.soft != nil && *q.soft
	}
	return true
}

// subjectsOf, resourcesOf and actionsOf return the results of searches, by evaluating every candidate.

func (m *model) subjectsOf(q modelQuestion) (found []string) {
	for id, s := range m.subjects {
		if q.subject = id; s.kind == q.subjectType && m.allowed(q) {
			found = append(found, m.nameOf(s.kind, id))
		}
	}
	slices.Sort(found)
	return found
}

// nameOf returns the external id of a subject or a project, or its id.
func (m *model) nameOf(kind, id string) string {
	for name, target := range m.names {
		of, value, _ := strings.Cut(name, " ")
		x := m.members[target]
		if of == kind && target == id || of == "member" && x != nil && x.subject == id {
			return value
		}
	}
	return id
}

func (m *model) resourcesOf(q modelQuestion) (found []string) {
	switch q.resourceType {
	case "account":
		if q.resource = m.account; m.allowed(q) {
			found = append(found, m.account)
		}
	case "project":
		for id := range m.projects {
			if q.resource = id; m.allowed(q) {
				found = append(found, m.nameOf("project", id))
			}
		}
	case "record":
		for name := range m.names {
			of, value, _ := strings.Cut(name, " ")
			if q.resource = value; of == "record" && m.allowed(q) {
				found = append(found, value)
			}
		}
	}
	slices.Sort(found)
	return found
}

// actionsOf returns only actions that the test uses; a permission with an action is named by it.
func (m *model) actionsOf(q modelQuestion) (found []string) {
	named := map[string]string{}
	for action, permission := range modelActions {
		named[permission] = action
	}
	for permission := range maps.Keys(modelPermissions) {
		if q.action = permission; m.allowed(q) {
			if action, ok := named[permission]; ok {
				permission = action
			}
			found = append(found, permission)
		}
	}
	slices.Sort(found)
	return found
}
