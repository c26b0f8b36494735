// Package permission defines permissions and system roles: the catalog, its YAML format, and sets of permissions of one
// catalog.
package permission

// Scope is what a role or a permission applies to: the whole account or one project.
type Scope string

// The two scopes.
const (
	ScopeAccount Scope = "account"
	ScopeProject Scope = "project"
)

// Permission is one entry of the catalog.
type Permission struct {
	Name        string
	Scope       Scope
	Category    string
	Description string
	// Removes marks permissions to delete something or to remove access.
	Removes bool
	// Conditions must all hold for a decision to allow the permission to someone who holds it.
	Conditions []Condition `json:",omitempty"`
}

// ID is the index of a permission in its catalog.
type ID int

// SystemRole is a role that every account has and that no one can change.
type SystemRole struct {
	Slug, Name, Description string
	Scope                   Scope
	Permissions             []string
	// All grants every permission of the scope, or of both scopes for the Owner role.
	All bool
}

// OwnerSlug is the slug of the account role that grants everything in both scopes, including future permissions.
const OwnerSlug = "owner"
