package operator

import (
	"context"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

const (
	// Beat is how often a node reports that it is alive.
	Beat = 3 * time.Second
	// DeadAfter is how long after its last report a node counts as alive: it may miss three.
	DeadAfter = 4 * Beat
)

// Node is a server on the database. It reports every few seconds that it is alive, and removes itself when it stops.
type Node struct {
	ID string
	// Version is that of its program, Host the name of its machine, and Address where it listens.
	Version, Host, Address string
	// Runs are what it does besides the API and the pages: "mail", "metrics" and "operator".
	Runs []string
	// StartedAt and SeenAt are of the database's clock, and so is Alive, which says that it reported in time.
	StartedAt, SeenAt time.Time
	Alive             bool
	// Keys are the ids of the keys that it has, each after its kind and a colon, with = after those with which it signs or encrypts.
	Keys []string
	// Jobs are its background jobs, as of SeenAt.
	Jobs []Job
}

// Job is a background job of a node. All nodes run all jobs; the database gives each piece of work to one of them.
type Job struct {
	Name string `json:"name"`
	// Every is the time between two runs.
	Every time.Duration `json:"every"`
	// Safe says that an operator can run it at any time.
	Safe bool `json:"safe,omitempty"`
	// StartedAt and EndedAt are of the last run, zero before the first one ends. Error is why that run failed; empty if it did not.
	StartedAt time.Time `json:"started_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	Error     string    `json:"error,omitempty"`
	// Running says that a run is in progress, and NextAt is when the next one begins.
	Running bool      `json:"running,omitempty"`
	NextAt  time.Time `json:"next_at,omitzero"`
}

// NodeJob is a job with the node that runs it.
type NodeJob struct {
	Job
	NodeID, Host string
}

// Jobs runs background jobs on request. Server implements it.
type Jobs interface {
	// RunJob runs a job and returns it; after some seconds it returns while the job is still running. An unknown job is
	// team.ErrNotFound.
	RunJob(ctx context.Context, name string) (NodeJob, error)
	// Job returns a job that the program has.
	Job(name string) (Job, bool)
}

// Nodes returns the servers on the database, oldest first: those that run, and those that ended without stopping properly.
func (s *Service) Nodes(ctx context.Context) ([]Node, error) { return s.store.Nodes(ctx) }

// ForgetNode removes a node that is no longer alive from the list.
func (s *Service) ForgetNode(ctx context.Context, c Caller, id string) (n Node, err error) {
	err = s.store.Update(ctx, event.OperatorLog, team.Shared, func(tx Tx) error {
		if err := s.again(ctx, tx, c); err != nil {
			return err
		}
		if n, err = tx.Node(ctx, id); err != nil {
			return err
		}
		if n.Alive {
			return RefusalNodeRunning.With()
		}
		if err := tx.DeleteNode(ctx, id); err != nil {
			return err
		}
		return s.record(ctx, tx, c, event.Target{TargetType: "node", TargetID: n.ID, TargetName: n.Host}, event.NodeForgotten{Version: n.Version})
	})
	return n, err
}

// JobsOf returns the background jobs of the nodes that are alive: of all of them, or of one, and all jobs, or those with a name.
func (s *Service) JobsOf(ctx context.Context, nodeID, name string) ([]NodeJob, error) {
	nodes, err := s.store.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	var out []NodeJob
	for _, n := range nodes {
		if !n.Alive || nodeID != "" && n.ID != nodeID {
			continue
		}
		for _, j := range n.Jobs {
			if name == "" || j.Name == name {
				out = append(out, NodeJob{Job: j, NodeID: n.ID, Host: n.Host})
			}
		}
	}
	return out, nil
}

// RunJob runs a background job now, on this node. It returns the job while it is still running if it takes long.
func (s *Service) RunJob(ctx context.Context, c Caller, name string) (NodeJob, error) {
	j, ok := s.jobs.Job(name)
	if !ok {
		return NodeJob{}, team.ErrNotFound
	}
	if !j.Safe {
		return NodeJob{}, RefusalJobNotSafe.With(name)
	}
	err := s.store.Update(ctx, event.OperatorLog, team.Shared, func(tx Tx) error {
		if err := s.again(ctx, tx, c); err != nil {
			return err
		}
		return s.record(ctx, tx, c, event.Target{TargetType: "job", TargetID: name, TargetName: name}, event.JobStarted{})
	})
	if err != nil {
		return NodeJob{}, err
	}
	return s.jobs.RunJob(ctx, name)
}
