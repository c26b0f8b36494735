// Package permission holds the permissions and system roles that exist: the catalog, how it is read from YAML, and sets of
// permissions of one catalog.
package permission

// Scope says what a role or a permission is about: the whole account or one project.
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
	// Removes marks what destroys something or takes access away.
	Removes bool
	// Conditions must all hold for a decision to allow the permission to someone who holds it.
	Conditions []Condition `json:",omitempty"`
}

// ID is the place of a permission in its catalog.
type ID int

// SystemRole is a role every account has and nobody can change.
type SystemRole struct {
	Slug, Name, Description string
	Scope                   Scope
	Permissions             []string
	// All grants every permission of the scope; for the Owner role of both scopes.
	All bool
}

// OwnerSlug is the slug of the account role that grants everything in both scopes, now and later.
const OwnerSlug = "owner"
