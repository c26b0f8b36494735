package sdk_test

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"testing"

	"raff/api"
	"raff/api/client"
	"raff/internal/rafftest"
)

// losing returns a client whose network loses the first response to every POST: the server has executed the request, but
// the client cannot know.
func losing(t *testing.T, srv *rafftest.Server, lost *int) *client.Client {
	t.Helper()
	seen := map[string]bool{}
	c, err := client.New(srv.URL, srv.Key, client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			res, err := next.RoundTrip(r)
			key := r.Header.Get("Idempotency-Key")
			if err != nil || r.Method != http.MethodPost || seen[key] {
				return res, err
			}
			seen[key] = true
			*lost++
			if err := res.Body.Close(); err != nil {
				t.Error(err)
			}
			return nil, io.ErrUnexpectedEOF
		})
	}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLostResponses(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	ctx := t.Context()
	var lost int
	c := losing(t, srv, &lost)
	member, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")

	alice := must[*api.Member](t)(c.Members.Add(ctx, api.AddMemberRequest{Email: new("alice@example.com"), RoleID: &member}))
	if again := must[*api.Member](t)(c.Members.Get(ctx, alice.ID)); again.Email != "alice@example.com" {
		t.Errorf("added %+v, but the server has %+v", alice, again)
	}
	role := must[*api.Role](t)(c.Roles.Create(ctx, api.CreateRoleRequest{
		Name: new("Support"), Slug: new("support"), Scope: new(api.ScopeAccount), Permissions: &[]string{"account.members.view"},
	}))
	if again := must[*api.Role](t)(c.Roles.Get(ctx, role.ID)); !reflect.DeepEqual(role, again) {
		t.Errorf("created %+v, but the server has %+v", role, again)
	}
	project := must[*api.Project](t)(c.Projects.Create(ctx, api.CreateProjectRequest{Name: new("Website")}))
	inv := must[*api.Invitation](t)(c.Invitations.CreateForProject(ctx, project.ID, api.CreateInvitationRequest{Email: new("bob@example.com"), RoleID: &viewer}))
	if again := must[*api.Invitation](t)(c.Invitations.Get(ctx, inv.ID)); again.MemberID != inv.MemberID {
		t.Errorf("invited %+v, but the server has %+v", inv, again)
	}
	rows := []api.AddMemberRequest{{Email: new("carol@example.com"), RoleID: &member}, {Email: new("dave@example.com"), RoleID: &member}}
	for _, r := range must[[]api.AddMembersResult](t)(c.Members.AddMany(ctx, api.AddMembersRequest{Members: &rows})) {
		if r.Status != http.StatusCreated || r.Member == nil {
			t.Errorf("row %d ended with %d, %+v; want a member although the response was lost", r.Index, r.Status, r.Error)
		}
	}
	key, err := c.APIKeys.Create(ctx, api.CreateAPIKeyRequest{Name: new("ci")})
	if !errors.Is(err, client.ErrSecretLost) || key == nil || must[*api.APIKey](t)(c.APIKeys.Get(ctx, key.ID)).Name != "ci" {
		t.Errorf("created %+v, %v; want the key with ErrSecretLost", key, err)
	}
	if lost != 6 {
		t.Fatalf("%d responses were lost, want 6", lost)
	}

	for what, n := range map[string]int{
		"invitation.created": 4, "role.created": 1, "project.created": 1, "api_key.created": 1,
	} {
		p := must[*api.Page[api.AuditEvent]](t)(c.Audit.List(ctx, client.ListEventsOptions{Action: what, Actor: srv.KeyID}))
		if p.Total != n {
			t.Errorf("%s happened %d times, want %d", what, p.Total, n)
		}
	}
}

func TestWithIdempotencyKey(t *testing.T) {
	t.Parallel()
	srv, c := connect(t)
	ctx := t.Context()
	once := client.WithIdempotencyKey("website-2030")
	p := must[*api.Project](t)(c.Projects.Create(ctx, api.CreateProjectRequest{Name: new("Website")}, once))
	again := must[*api.Project](t)(as(t, srv, srv.Key).Projects.Create(ctx, api.CreateProjectRequest{Name: new("Website")}, once))
	if !reflect.DeepEqual(again, p) {
		t.Errorf("the second time %+v, want %+v", again, p)
	}
	_, err := c.Projects.Create(ctx, api.CreateProjectRequest{Name: new("Shop")}, once)
	if e, ok := errors.AsType[*client.Error](err); !ok || e.StatusCode != http.StatusUnprocessableEntity || e.Code != "idempotency_key_reused" {
		t.Errorf("another project under the same key: %v, want idempotency_key_reused", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
