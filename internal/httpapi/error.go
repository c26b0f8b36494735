package httpapi

import (
	"errors"

	"raff/api"
	"raff/internal/rest"
	"raff/internal/team"
)

// explain converts an error to a status and a body.
func explain(err error) (int, api.Error) {
	status, body := rest.Explain(err, message)
	if e, ok := errors.AsType[*team.Error](err); ok && body.Code == e.Code {
		for i := range e.Holders {
			body.Holders = append(body.Holders, holder(&e.Holders[i]))
		}
	}
	return status, body
}
