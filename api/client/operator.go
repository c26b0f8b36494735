package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"raff/api"
)

// Operator is the SDK of the operator's API, which a server serves on a listener of its own. It is safe for concurrent use.
type Operator struct {
	c *Client

	Accounts *OperatedAccountService
	People   *PeopleService
	Nodes    *NodeService
	Jobs     *JobService
	Emails   *EmailService
	Catalog  *CatalogService
}

// NewOperator returns an Operator for the operator's listener at baseURL, such as "http://127.0.0.1:8081", with an operator key
// (rop_…). It does not connect.
func NewOperator(baseURL, operatorKey string, opts ...Option) (*Operator, error) {
	c, err := New(baseURL, operatorKey, opts...)
	if err != nil {
		return nil, err
	}
	return &Operator{
		c: c, Accounts: &OperatedAccountService{c}, People: &PeopleService{c}, Nodes: &NodeService{c}, Jobs: &JobService{c}, Emails: &EmailService{c},
		Catalog: &CatalogService{c},
	}, nil
}

// Whoami returns the operator key in use. An invalid key satisfies IsUnauthenticated.
func (o *Operator) Whoami(ctx context.Context) (*api.OperatorWhoami, error) {
	return get[api.OperatorWhoami](ctx, o.c, "/operator/v1/whoami")
}

// Events returns one page of the operator's audit log, newest first.
func (o *Operator) Events(ctx context.Context, lo ListOptions) (*api.Page[api.AuditEvent], error) {
	return list[api.AuditEvent](ctx, o.c, "/operator/v1/audit-events", lo.query())
}

// OperatedAccountService manages the accounts of a server.
type OperatedAccountService struct{ c *Client }

const (
	accountsPath = "/operator/v1/accounts"
	operatedPath = "/operator/v1/accounts/%s"
)

// ListAccountsOptions are the options of OperatedAccountService.List and All.
type ListAccountsOptions struct {
	Query string // part of the name or of the Owner's email, or the id
	State string // such as api.AccountSuspended
	ListOptions
}

func (o ListAccountsOptions) query() url.Values {
	q := o.ListOptions.query()
	set(q, "q", o.Query)
	set(q, "state", o.State)
	return q
}

// List returns one page of accounts, oldest first.
func (s *OperatedAccountService) List(ctx context.Context, o ListAccountsOptions) (*api.Page[api.OperatedAccount], error) {
	return list[api.OperatedAccount](ctx, s.c, accountsPath, o.query())
}

// All iterates over all accounts, fetching one page at a time.
func (s *OperatedAccountService) All(ctx context.Context, o ListAccountsOptions) iter.Seq2[api.OperatedAccount, error] {
	return all(o.ListOptions, func(lo ListOptions) (*api.Page[api.OperatedAccount], error) {
		o := o
		o.ListOptions = lo
		return s.List(ctx, o)
	})
}

// Get returns an account with its usage.
func (s *OperatedAccountService) Get(ctx context.Context, id string) (*api.OperatedAccount, error) {
	return get[api.OperatedAccount](ctx, s.c, operatedPath, id)
}

// Create creates an account with its Owner. The response is the only one with the Owner's key and link; if it was lost and the
// request was repeated, both are empty.
func (s *OperatedAccountService) Create(ctx context.Context, in api.CreateAccountRequest, opts ...CallOption) (*api.CreatedAccount, error) {
	return fetch[api.CreatedAccount](ctx, s.c, request{method: http.MethodPost, path: accountsPath, body: in}, opts...)
}

// Update changes the name, and the entries of limits and attributes that are present; nil removes an entry.
func (s *OperatedAccountService) Update(ctx context.Context, id string, in api.UpdateOperatedAccountRequest, opts ...CallOption) (*api.OperatedAccount, error) {
	return write[api.OperatedAccount](ctx, s.c, http.MethodPatch, in, opts, operatedPath, id)
}

// Suspend makes an account unusable from the next request on. reason is a note for the operator, and may be empty.
func (s *OperatedAccountService) Suspend(ctx context.Context, id, reason string, opts ...CallOption) (*api.OperatedAccount, error) {
	return post[api.OperatedAccount](ctx, s.c, api.SuspendAccountRequest{Reason: &reason}, opts, operatedPath+"/suspend", id)
}

// Resume makes a suspended account usable again.
func (s *OperatedAccountService) Resume(ctx context.Context, id string, opts ...CallOption) (*api.OperatedAccount, error) {
	return post[api.OperatedAccount](ctx, s.c, nil, opts, operatedPath+"/resume", id)
}

// ChangeOwner makes another active member the Owner, given by the id of the membership or by email.
func (s *OperatedAccountService) ChangeOwner(ctx context.Context, id string, in api.ChangeOwnerRequest, opts ...CallOption) (*api.ChangedOwner, error) {
	return post[api.ChangedOwner](ctx, s.c, in, opts, operatedPath+"/owner", id)
}
