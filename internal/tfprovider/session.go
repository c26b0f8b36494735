package tfprovider

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"raff/api"
	"raff/api/client"
	"raff/internal/naming"
)

// session is shared by all resources of a run: the client, and cached responses.
type session struct {
	client   *client.Client // nil while the provider configuration is unknown
	url      string         // URL of the server, for messages
	clock    func() time.Time
	retryFor time.Duration // how long a failed call is retried

	// operator is nil without an operator key, or while it is unknown; noKey says that there is only an operator key.
	operator        *client.Operator
	operatorURL     string
	operatorUnknown bool
	noKey           bool

	whoami    caller
	told      told
	handovers handovers
	wrote     atomic.Bool // whether something was changed in this run

	roles       memo[[]api.Role]
	permissions memo[[]api.Permission]
	allProjects memo[[]api.Project]

	members        reads[api.Member]
	projectMembers reads[api.Member]
	byEmail        reads[api.Member] // by canonical email, for members that may not exist
	byUser         reads[api.Member] // by user ID
	projects       reads[api.Project]
	apiKeys        reads[api.APIKey]

	plannedRoles sync.Map // roleKey of roles that this plan creates

	keyRoles keyRoles // roles that this plan assigns to API keys

	seen sync.Map // kind and ID of projects and API keys that this run has read

	reassigned sync.Map // ID of a role that this run deleted -> ID of the role its holders got

	lookups atomic.Int32 // number of audit log queries for removed objects
}

// connect creates the session of a run.
func (p *raffProvider) connect(url, key string, retryFor time.Duration, opts ...client.Option) (*session, error) {
	s := &session{clock: p.clock, url: url, retryFor: retryFor}
	c, err := client.New(url, key, append(opts, client.WithRetryTimeout(retryFor), client.WithMiddleware(s.guardWrites))...)
	if err != nil {
		return nil, err
	}
	s.client = c
	s.roles.read = func(ctx context.Context) ([]api.Role, error) {
		return collect(c.Roles.All(ctx, client.ListRolesOptions{}))
	}
	s.permissions.read = func(ctx context.Context) ([]api.Permission, error) { return c.Permissions.List(ctx, "") }
	s.whoami.ask = c.Whoami
	s.allProjects.read = readProjects(c)
	s.members = reads[api.Member]{
		few: p.few, id: func(m api.Member) string { return m.ID }, get: s.getMember,
		list: func(ctx context.Context, projectID string, o client.ListOptions) (*api.Page[api.Member], error) {
			return s.listMembers(ctx, projectID, client.ListMembersOptions{ListOptions: o})
		},
	}
	s.projectMembers = reads[api.Member]{few: p.few, id: s.members.id, get: s.members.get, list: s.members.list}
	s.byEmail = reads[api.Member]{
		few: p.few, id: func(m api.Member) string { return naming.CanonicalEmail(m.Email) }, get: s.askByEmail, list: s.members.list,
	}
	s.byUser = reads[api.Member]{id: userOf, get: s.askByUser, list: s.members.list}
	s.projects = reads[api.Project]{
		few: p.few, id: func(row api.Project) string { return row.ID },
		get: func(ctx context.Context, _, id string) (*api.Project, error) { return c.Projects.Get(ctx, id) },
		list: func(ctx context.Context, _ string, o client.ListOptions) (*api.Page[api.Project], error) {
			return c.Projects.List(ctx, client.ListProjectsOptions{ListOptions: o})
		},
	}
	s.apiKeys = reads[api.APIKey]{
		few: p.few, id: func(k api.APIKey) string { return k.ID },
		get: func(ctx context.Context, _, id string) (*api.APIKey, error) { return c.APIKeys.Get(ctx, id) },
		list: func(ctx context.Context, _ string, o client.ListOptions) (*api.Page[api.APIKey], error) {
			return c.APIKeys.List(ctx, client.ListAPIKeysOptions{ListOptions: o})
		},
	}
	return s, nil
}

// sessionOf is the session set by the provider's Configure. It is nil during validation.
func sessionOf(data any) *session {
	s, _ := data.(*session)
	return s
}

// connected reports whether the server is known.
func (s *session) connected() bool { return s != nil && s.client != nil }

func (s *session) forget() {
	s.members.forget()
	s.projectMembers.forget()
	s.byEmail.forget()
	s.byUser.forget()
	s.projects.forget()
	s.allProjects.forget()
	s.apiKeys.forget()
}

// ready reports whether the server can be used; it adds an error if it is unknown or does not answer.
func (s *session) ready(ctx context.Context, diags *diag.Diagnostics) bool {
	if s.connected() {
		return s.reach(ctx, diags)
	}
	diags.AddError("The provider's configuration is not known yet",
		"api_url, api_key or project_id comes from a resource that has not been applied, but this step needs the server. "+
			"Apply that resource first (terraform apply -target=…), or set the value in the environment.")
	return false
}

// asleep reports whether the server cannot be used; the state is then kept as it is. If the server is unknown, there is
// a warning; if it does not answer, an error.
func (s *session) asleep(ctx context.Context, diags *diag.Diagnostics, what string) bool {
	if s.connected() {
		return !s.reach(ctx, diags)
	}
	if s == nil || s.told.first("asleep") {
		diags.AddWarning("The provider's configuration is not known yet", "api_url, api_key or project_id comes from a resource that is not applied yet, so nothing was read from the server: "+
			"the "+what+", and the other resources of this provider block, are planned from the state. The next plan reads them again.")
	}
	return true
}

// memo caches the result of read until it is forgotten. Concurrent callers wait for the same read; errors are not
// cached.
type memo[T any] struct {
	read func(context.Context) (T, error)

	mu    sync.Mutex
	known bool
	value T
}

func (m *memo[T]) get(ctx context.Context) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known {
		return m.value, nil
	}
	v, err := m.read(ctx)
	if err == nil {
		m.value, m.known = v, true
	}
	return v, err
}

func (m *memo[T]) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known = false
}

func collect[T any](rows iter.Seq2[T, error]) ([]T, error) {
	out := []T{}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

// The keys of a resource's private data, which Terraform stores beside its state.
const (
	noteAccount = "account" // ID of the account in which the object was last seen
	noteOwner   = "owner"   // whether the member is the account's Owner
)

type noteReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type noteWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

func readNote[T any](ctx context.Context, from noteReader, key string) (v T) {
	if raw, diags := from.GetKey(ctx, key); !diags.HasError() && raw != nil {
		_ = json.Unmarshal(raw, &v) // a value of another version is ignored
	}
	return v
}

func writeNote(ctx context.Context, to noteWriter, key string, v any) diag.Diagnostics {
	raw, err := json.Marshal(v)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Could not store private data beside the state", err.Error())}
	}
	return to.SetKey(ctx, key, raw)
}

// gone handles a 404 during a refresh; what is a noun with a name, such as "member alice@example.com".
func (s *session) gone(ctx context.Context, home, id, what string, diags *diag.Diagnostics) bool {
	if s.elsewhere(ctx, home, what, diags) {
		return false
	}
	diags.AddWarning("Removed outside of Terraform",
		"The "+what+" no longer exists on the server, so it is removed from the state."+s.whoRemoved(ctx, id)+" If it is still in the configuration, the plan creates it again.")
	return true
}

// elsewhere reports, with an error, that an object is not visible because it is in another account. An API key of
// another account sees none of the objects: treating them as removed would plan to create everything again, in the
// wrong account, and lose the objects to destroy.
func (s *session) elsewhere(ctx context.Context, home, what string, diags *diag.Diagnostics) bool {
	return home != "" && !s.sameAccount(ctx, home, what, diags)
}

// removed finishes a deletion that started with begin: an object that is already gone counts as deleted.
func (s *session) removed(ctx context.Context, verb, what string, err error, diags *diag.Diagnostics) {
	if err != nil && !client.IsNotFound(err) {
		s.report(ctx, diags, verb+" the "+what, err)
	}
}

// logRequests logs every request with TF_LOG=debug, which shows the progress of a long plan.
func logRequests(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		start := time.Now()
		res, err := next.RoundTrip(r)
		fields := map[string]any{"method": r.Method, "path": r.URL.Path, "ms": time.Since(start).Milliseconds()}
		if err != nil {
			fields["error"] = err.Error()
		} else {
			fields["status"] = res.StatusCode
		}
		tflog.Debug(r.Context(), "raff API request", fields)
		return res, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
