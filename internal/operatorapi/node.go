package operatorapi

import (
	"context"
	"time"

	"raff/api"
	"raff/internal/operator"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) listNodes(ctx context.Context, _ *call) (any, error) {
	found, err := s.svc.Nodes(ctx)
	return rest.PageOf(team.Page{}, found, len(found), node, nil), err
}

func (s *server) forgetNode(ctx context.Context, c *call) (any, error) {
	n, err := s.svc.ForgetNode(ctx, c.who, c.PathID("id"))
	return rest.Done("Forgot the server " + n.Host + "."), err
}

func (s *server) listJobs(ctx context.Context, c *call) (any, error) {
	id, err := c.UUID("node_id")
	if err != nil {
		return nil, err
	}
	found, err := s.svc.JobsOf(ctx, id, c.Query.Get("name"))
	return rest.PageOf(team.Page{}, found, len(found), job, nil), err
}

func (s *server) runJob(ctx context.Context, c *call) (any, error) {
	if err := c.DecodeOptional(&struct{}{}); err != nil {
		return nil, err
	}
	j, err := s.svc.RunJob(ctx, c.who, c.PathValue("name"))
	return rest.One(job(&j)), err
}

func node(n *operator.Node) api.Node {
	out := api.Node{
		ID: n.ID, Version: n.Version, Host: n.Host, Address: n.Address, Runs: n.Runs, Alive: n.Alive, StartedAt: rest.Stamp(n.StartedAt), LastSeenAt: rest.Stamp(n.SeenAt),
	}
	if out.Runs == nil {
		out.Runs = []string{}
	}
	return out
}

func job(j *operator.NodeJob) api.Job {
	out := api.Job{
		Name: j.Name, NodeID: j.NodeID, Host: j.Host, EverySeconds: int(j.Every / time.Second), Runnable: j.Safe, Running: j.Running,
		NextAt: rest.StampOf(j.NextAt),
	}
	if j.EndedAt.IsZero() {
		return out
	}
	result := api.JobOK
	if j.Error != "" {
		result = api.JobFailed
	}
	out.LastStartedAt, out.LastEndedAt, out.LastResult, out.LastError = rest.StampOf(j.StartedAt), rest.StampOf(j.EndedAt), &result, j.Error
	return out
}
