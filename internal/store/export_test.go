package store

import (
	"raff/internal/audit"
	"raff/internal/team"
)

// Tx is everything that a transaction can do.
type Tx interface {
	team.Tx
	audit.Tx
}
