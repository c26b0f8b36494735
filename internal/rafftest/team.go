package rafftest

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"raff/internal/operator"
	"raff/internal/permission"
	"raff/internal/team"
)

// Password is the password of all users in tests.
const Password = "lamp orbit velvet toast"

// RoleID returns the id of a system role.
func (s *Server) RoleID(t testing.TB, scope, slug string) string {
	t.Helper()
	id := team.SystemRoleID(permission.Scope(scope), slug)
	if r := s.Do(t, "GET", "/api/v1/roles/"+id, s.Key, nil); r.Status != 200 {
		t.Fatalf("no system role %s/%s: %s", scope, slug, r.Body)
	}
	return id
}

// NewKey creates an API key of the first account with this account role ("" for none) and returns its secret.
func (s *Server) NewKey(t testing.TB, name, roleID string) string {
	t.Helper()
	_, secret := s.NewKeyID(t, name, roleID)
	return secret
}

// NewKeyID is NewKey that also returns the key's id.
func (s *Server) NewKeyID(t testing.TB, name, roleID string) (id, secret string) {
	t.Helper()
	body := map[string]any{"name": name}
	if roleID != "" {
		body["role_id"] = roleID
	}
	d := s.Do(t, "POST", "/api/v1/api-keys", s.Key, body).Want(t, 201).Data(t)
	return d["id"].(string), d["secret"].(string)
}

// Invite invites an email into the first account and returns the member's id.
func (s *Server) Invite(t testing.TB, email, roleID string) string {
	t.Helper()
	d := s.Do(t, "POST", "/api/v1/members", s.Key, map[string]any{"email": email, "role_id": roleID}).Want(t, 201).Data(t)
	return d["id"].(string)
}

// Token fetches a token for a pending member's invitation, as the inviter.
func (s *Server) Token(t testing.TB, memberID string) string {
	t.Helper()
	m := s.Do(t, "GET", "/api/v1/members/"+memberID, s.Key, nil).Want(t, 200).Data(t)
	id, _ := m["invitation_id"].(string)
	d := s.Do(t, "POST", "/api/v1/invitations/"+id+"/link", s.Key, nil).Want(t, 200).Data(t)
	return TokenOf(t, d["link"].(string))
}

// TokenOf returns the token in a link.
func TokenOf(t testing.TB, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatalf("link %q: %v", link, err)
	}
	return path.Base(u.Path)
}

// Accept accepts a pending member's invitation and returns the user's id.
func (s *Server) Accept(t testing.TB, memberID, name string) string {
	t.Helper()
	body := map[string]any{"token": s.Token(t, memberID), "name": name, "password": Password}
	d := s.Do(t, "POST", "/api/v1/invitations/accept", "", body).Want(t, 200).Data(t)
	return d["user_id"].(string)
}

// NewMember invites an email and accepts the invitation, which makes an active member of the first account.
func (s *Server) NewMember(t testing.TB, email, name, roleID string) (memberID, userID string) {
	t.Helper()
	memberID = s.Invite(t, email, roleID)
	return memberID, s.Accept(t, memberID, name)
}

// SignIn signs a user in with Password on the sign-in page. Its result can be used instead of an API key in Do.
func (s *Server) SignIn(t testing.TB, email string) string {
	t.Helper()
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {s.URL}}
	form := url.Values{"email": {email}, "password": {Password}}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = h
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		if c.Value != "" {
			return cookiePrefix + c.Name + "=" + c.Value
		}
	}
	t.Fatalf("signing %s in: status %d, no cookie", email, res.StatusCode)
	return ""
}

// OperatorKey creates an operator key with a scope, "read" or "write", and returns its secret.
func (s *Server) OperatorKey(t testing.TB, scope string) string {
	t.Helper()
	_, secret, err := s.Node.Operator().CreateKey(t.Context(), operator.Program, operator.NewKey{Name: scope + " key", Scope: operator.Scope(scope)})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// Operate is Do on the operator's API of a server WithOperator.
func (s *Server) Operate(t testing.TB, method, path, key string, body any) Response {
	t.Helper()
	return (&Server{URL: s.Node.OperatorURL()}).Do(t, method, path, key, body)
}

// Support grants support access to the account at a level, and opens a session. The server must be one WithOperator.
func (s *Server) Support(t testing.TB, level string) (credential, link string) {
	t.Helper()
	s.Do(t, "POST", "/api/v1/account/support-access", s.Key, map[string]any{"level": level}).Want(t, 201)
	return s.OpenSupport(t)
}

// OpenSupport opens a session in an account that grants support access.
func (s *Server) OpenSupport(t testing.TB) (credential, link string) {
	t.Helper()
	d := s.Operate(t, "POST", "/operator/v1/accounts/"+s.AccountID+"/support-sessions", s.OperatorKey(t, "support"),
		map[string]any{"person": "Dana Example", "reason": "Ticket 4711"}).Want(t, 201).Data(t)
	return d["credential"].(string), d["link"].(string)
}
