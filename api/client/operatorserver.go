package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"raff/api"
)

// NodeService looks at the servers on the database.
type NodeService struct{ c *Client }

// List returns all servers, oldest first.
func (s *NodeService) List(ctx context.Context) ([]api.Node, error) {
	p, err := list[api.Node](ctx, s.c, "/operator/v1/nodes", nil)
	if err != nil {
		return nil, err
	}
	return p.Data, nil
}

// Forget removes a server that no longer runs from the list.
func (s *NodeService) Forget(ctx context.Context, id string) (*api.Done, error) {
	return del(ctx, s.c, nil, "/operator/v1/nodes/%s", id)
}

// JobService looks at the background jobs of the servers.
type JobService struct{ c *Client }

// ListJobsOptions selects jobs. Empty fields do not filter.
type ListJobsOptions struct {
	NodeID string
	Name   string
}

// List returns the jobs of the servers that run.
func (s *JobService) List(ctx context.Context, o ListJobsOptions) ([]api.Job, error) {
	q := url.Values{}
	set(q, "node_id", o.NodeID)
	set(q, "name", o.Name)
	p, err := list[api.Job](ctx, s.c, "/operator/v1/jobs", q)
	if err != nil {
		return nil, err
	}
	return p.Data, nil
}

// Run runs a job now, on the server that gets the request, and returns it. A job that takes longer than some seconds is still running
// then.
func (s *JobService) Run(ctx context.Context, name string) (*api.Job, error) {
	return post[api.Job](ctx, s.c, nil, nil, "/operator/v1/jobs/%s/run", name)
}

// EmailService manages the emails that wait to be sent, and those that were given up lately.
type EmailService struct{ c *Client }

const emailPath = "/operator/v1/outbox/%s"

// ListEmailsOptions are the options of EmailService.List and All. Empty fields do not filter.
type ListEmailsOptions struct {
	AccountID string
	State     string // such as api.EmailFailed
	ListOptions
}

func (o ListEmailsOptions) query() url.Values {
	q := o.ListOptions.query()
	set(q, "account_id", o.AccountID)
	set(q, "state", o.State)
	return q
}

// List returns one page of emails, newest first.
func (s *EmailService) List(ctx context.Context, o ListEmailsOptions) (*api.Page[api.Email], error) {
	return list[api.Email](ctx, s.c, "/operator/v1/outbox", o.query())
}

// All iterates over all emails, fetching one page at a time.
func (s *EmailService) All(ctx context.Context, o ListEmailsOptions) iter.Seq2[api.Email, error] {
	return all(o.ListOptions, func(lo ListOptions) (*api.Page[api.Email], error) {
		o := o
		o.ListOptions = lo
		return s.List(ctx, o)
	})
}

// Retry makes an email due now.
func (s *EmailService) Retry(ctx context.Context, id string) (*api.Email, error) {
	return post[api.Email](ctx, s.c, nil, nil, emailPath+"/retry", id)
}

// Cancel removes an email, which is then never sent.
func (s *EmailService) Cancel(ctx context.Context, id string) (*api.Done, error) {
	return del(ctx, s.c, nil, emailPath, id)
}

// CatalogService manages the catalog of permissions and system roles.
type CatalogService struct{ c *Client }

const catalogPath = "/operator/v1/catalog"

// Get returns the catalog of the database.
func (s *CatalogService) Get(ctx context.Context) (*api.Catalog, error) {
	return get[api.Catalog](ctx, s.c, catalogPath)
}

// Compare returns what another catalog would change.
func (s *CatalogService) Compare(ctx context.Context, in api.CatalogRequest) (*api.CatalogComparison, error) {
	return post[api.CatalogComparison](ctx, s.c, in, nil, catalogPath+"/diff")
}

// Apply makes another catalog that of the database, and returns what it changed. All servers must be restarted afterwards.
func (s *CatalogService) Apply(ctx context.Context, in api.CatalogRequest) (*api.CatalogComparison, error) {
	return write[api.CatalogComparison](ctx, s.c, http.MethodPut, in, nil, catalogPath)
}
