package team

import "raff/internal/permission"

// SystemRoles are the system roles in the form in which they are stored.
func (s *Service) SystemRoles(c *permission.Catalog) []Role {
	var roles []Role
	for _, sr := range c.SystemRoles() {
		set, _ := c.SetOf(sr.Permissions)
		r := Role{
			ID: SystemRoleID(sr.Scope, sr.Slug), Name: sr.Name, Slug: sr.Slug, Description: sr.Description,
			Scope: sr.Scope, Permissions: set, IsSystem: true, CreatedAt: s.Now(), UpdatedAt: s.Now(),
		}
		if r.IsOwner() {
			r.Permissions = c.Decode("*")
		}
		roles = append(roles, r)
	}
	return roles
}
