package httpapi

import (
	"context"
	"net/http"

	"raff/api"
	"raff/internal/rest"
	"raff/internal/team"
)

// addMembers adds members to the account or, if the path has one, to a project.
func (s *server) addMembers(ctx context.Context, c *call) (any, error) {
	var b api.AddMembersRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	if b.Members == nil {
		return nil, rest.Invalid("members", "required", "members is required: a list of 1 to %d members to add.", team.MaxBulk)
	}
	projectID := ""
	if c.inProject() {
		projectID = c.PathID("id")
	}
	rows := make([]team.NewMember, len(*b.Members))
	for i, m := range *b.Members {
		row, err := newMember(projectID, m)
		row.Invalid = err
		rows[i] = row
	}
	add := s.svc.AddMembers
	if b.DryRun != nil && *b.DryRun {
		add = s.svc.TryAddMembers
	}
	out, err := add(ctx, c.who, rows)
	if err != nil {
		return nil, err
	}
	return s.bulk(c, out), nil
}

// inProject reports whether a bulk request is for a project.
func (c *call) inProject() bool { return c.PathValue("id") != "" }

func (s *server) bulk(c *call, rows []team.BulkResult) any {
	if c.inProject() {
		return rest.One(bulkRows(c, rows, s.projectMember))
	}
	return rest.One(bulkRows(c, rows, s.member))
}

func bulkRows[M any](c *call, rows []team.BulkResult, wire func(*team.Member) M) []api.BulkResult[M] {
	out := make([]api.BulkResult[M], len(rows))
	for i := range rows {
		out[i] = api.BulkResult[M]{Index: i, Status: http.StatusCreated}
		if rows[i].Err != nil {
			status, body := explain(rows[i].Err)
			body.RequestID = c.Front.ID
			out[i].Status, out[i].Error = status, &body
			continue
		}
		m := wire(&rows[i].Member)
		out[i].Member = &m
	}
	return out
}
