package store

import (
	"raff/internal/audit"
	"raff/internal/operator"
	"raff/internal/outbox"
	"raff/internal/signin"
	"raff/internal/team"
)

// Tx is everything that a transaction can do.
type Tx interface {
	team.Tx
	audit.Tx
	signin.Tx
	outbox.Tx
	operator.Tx
}
