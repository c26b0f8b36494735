package httpapi

import (
	"raff/api"
	"raff/internal/team"
)

// changeOf converts a change of external ids to its domain form.
func changeOf(c *api.ExternalIDChange) team.ExternalIDChange {
	if c == nil {
		return nil
	}
	return team.ExternalIDChange(*c)
}
