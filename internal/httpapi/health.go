package httpapi

import (
	"context"
	"time"

	"raff/api"
	"raff/internal/team"
)

// pingLimit is how long /ready waits for the database.
const pingLimit = 2 * time.Second

// health reports that the process is running, regardless of the database.
func (s *server) health(context.Context, *call) (any, error) { return api.Health{Status: "ok"}, nil }

// ready reports that the database is available, too.
func (s *server) ready(ctx context.Context, _ *call) (any, error) {
	if s.Ping == nil {
		return api.Health{Status: "ok"}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, pingLimit)
	defer cancel()
	if err := s.Ping(ctx); err != nil {
		return nil, team.Unavailable(err)
	}
	return api.Health{Status: "ok"}, nil
}
