package httpapi

import (
	"context"

	"raff/api"
	"raff/internal/team"
)

func (s *server) addMembers(ctx context.Context, c *call) (any, error) {
	var b api.AddMembersRequest
	if err := c.decode(&b); err != nil {
		return nil, err
	}
	if b.Members == nil {
		return nil, invalid("members", "required", "members is required: a list of 1 to %d members to add.", team.MaxBulk)
	}
	rows := make([]team.NewMember, len(*b.Members))
	for i, m := range *b.Members {
		row, err := newMember("", m)
		row.Invalid = err
		rows[i] = row
	}
	out, err := s.svc.AddMembers(ctx, c.who, rows)
	if err != nil {
		return nil, err
	}
	return one(s.bulk(c, out)), nil
}

func (s *server) bulk(c *call, rows []team.BulkResult) []api.AddMembersResult {
	out := make([]api.AddMembersResult, len(rows))
	for i := range rows {
		out[i] = api.AddMembersResult{Index: i, Status: 201}
		if rows[i].Err != nil {
			status, body := explain(rows[i].Err)
			body.RequestID = c.id
			out[i].Status, out[i].Error = status, &body
			continue
		}
		m := s.member(&rows[i].Member)
		out[i].Member = &m
	}
	return out
}
