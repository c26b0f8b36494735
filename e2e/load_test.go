package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// load changes a server from many clients concurrently and records the responses. Each client works on its own objects, so
// that the expected state of each is known exactly, except for those whose last change got no response.
type load struct {
	srv  *rafftest.Server
	http *http.Client
	role map[string]string // ids by slug
	// away allows responses with 503, after which it is unknown whether the change was made.
	away atomic.Bool

	mu          sync.Mutex
	worker      int
	things      []*thing
	problems    []string
	acks        int
	lastAck     time.Time
	refusals    int // number of responses with 503
	lastRefusal time.Time
	doubtful    int // changes without a response or with 503
	confirmed   int // doubtful changes that had happened
}

// thing is an object created by the load: a member, an API key, a role or a project.
type thing struct {
	list  string // the path of the list it is in
	name  string // its name or email, which is unique in the list
	id    string
	want  map[string]any // the expected fields in the list
	made  *deed
	doubt *deed // the change with an unknown outcome
	gone  bool
}

// deed is a request that changes something.
type deed struct {
	method, path, key string
	body              map[string]any
	want              int // the status of success
	things            []*thing
}

func newLoad(t *testing.T, srv *rafftest.Server) *load {
	t.Helper()
	role := map[string]string{"viewer": srv.RoleID(t, "project", "viewer")}
	for _, slug := range []string{"admin", "billing", "member"} {
		role[slug] = srv.RoleID(t, "account", slug)
	}
	return &load{srv: srv, role: role, http: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// clients runs n clients until ctx ends or the server is unreachable, and returns when all have ended.
func (l *load) clients(ctx context.Context, n int) {
	var all sync.WaitGroup
	for range n {
		l.worker++
		name := fmt.Sprintf("w%d", l.worker)
		all.Go(func() { l.work(ctx, name) })
	}
	all.Wait()
	l.http.CloseIdleConnections()
}

func (l *load) work(ctx context.Context, worker string) {
	var mine []*thing
	for n := 0; ctx.Err() == nil; n++ {
		d := l.next(mine, fmt.Sprintf("%s-%d", worker, n))
		res, err := l.do(d)
		switch {
		case err == nil && res.Status == d.want:
			mine = append(mine, l.done(d, res)...)
			mine = slices.DeleteFunc(mine, func(th *thing) bool { return th.gone })
			continue
		case err == nil && !(res.Status == 503 && l.away.Load()):
			l.problem("%s %s %v: %d %s", d.method, d.path, d.body, res.Status, res.Body)
			return
		}
		l.mu.Lock()
		for _, th := range d.things {
			th.doubt = d
			if d.method == "POST" && th.id == "" {
				l.things = append(l.things, th)
			}
		}
		mine = slices.DeleteFunc(mine, func(th *thing) bool { return th.doubt != nil })
		l.doubtful++
		if err == nil {
			l.refusals++
			l.lastRefusal = time.Now()
		}
		l.mu.Unlock()
		if err != nil {
			return
		}
		if res.Header.Get("Retry-After") == "" || !bytes.Contains(res.Body, []byte(`"The database is currently unavailable. Try again in a moment.","code":"unavailable"`)) {
			l.problem("the refusal says %v %s", res.Header, res.Body)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// next returns a client's next request, which creates an object, or changes or removes one of its own.
func (l *load) next(mine []*thing, name string) *deed {
	// With a hundred objects, about as many are removed as created, so that the data of a long run does not grow forever.
	if len(mine) > 4 && rand.IntN(2) == 0 || len(mine) > 100 && rand.IntN(8) > 0 {
		return l.change(mine[rand.IntN(len(mine))], name)
	}
	member, viewer := l.role["member"], l.role["viewer"]
	email := name + "@example.com"
	one := func(list string, body, want map[string]any) *deed {
		th := &thing{list: list, name: name, want: want}
		if body["email"] != nil {
			th.name = email
		}
		th.made = &deed{method: "POST", path: strings.Replace(list, l.srv.ProjectID+"/members", l.srv.ProjectID+"/invitations", 1), key: "make-" + name, body: body, want: 201, things: []*thing{th}}
		return th.made
	}
	switch rand.IntN(6) {
	case 0:
		return one("/api/v1/api-keys", map[string]any{"name": name, "role_id": member}, map[string]any{"role_id": member, "is_active": true})
	case 1:
		return one("/api/v1/roles", map[string]any{"name": name, "slug": name, "scope": "account", "permissions": []string{"account.members.view"}}, map[string]any{"slug": name})
	case 2:
		return one("/api/v1/projects", map[string]any{"name": name}, map[string]any{"is_default": false})
	case 3:
		return one("/api/v1/projects/"+l.srv.ProjectID+"/members", map[string]any{"email": email, "role_id": viewer}, map[string]any{"role_id": viewer})
	case 4:
		return bulk(name, member)
	}
	return one("/api/v1/members", map[string]any{"email": email, "role_id": member}, map[string]any{"role_id": member})
}

// bulk adds some members in one request: either all of them exist afterwards, or none.
func bulk(name, role string) *deed {
	d := &deed{method: "POST", path: "/api/v1/members/bulk", key: "make-" + name, want: 200}
	rows := make([]any, 5)
	for i := range rows {
		email := fmt.Sprintf("%s.%d@example.com", name, i)
		rows[i] = map[string]any{"email": email, "role_id": role}
		d.things = append(d.things, &thing{list: "/api/v1/members", name: email, want: map[string]any{"role_id": role}, made: d})
	}
	d.body = map[string]any{"members": rows}
	return d
}

func (l *load) change(th *thing, name string) *deed {
	d := &deed{path: th.list + "/" + th.id, want: 200, things: []*thing{th}}
	d.method = "DELETE"
	switch {
	case th.list == "/api/v1/api-keys" && rand.IntN(3) == 0:
		d.method, d.path, d.key = "POST", d.path+"/regenerate", "again-"+name
	case th.list == "/api/v1/api-keys" && rand.IntN(2) == 0:
		d.method, d.body = "PATCH", map[string]any{"is_active": th.want["is_active"] != true}
	case th.list == "/api/v1/members" && rand.IntN(2) == 0:
		d.method, d.body = "PATCH", map[string]any{"role_id": l.role[[]string{"admin", "billing"}[rand.IntN(2)]]}
	}
	return d
}

func (l *load) do(d *deed) (res rafftest.Response, err error) {
	var body []byte
	if d.body != nil {
		if body, err = json.Marshal(d.body); err != nil {
			return res, err
		}
	}
	req, err := http.NewRequest(d.method, l.srv.URL+d.path, bytes.NewReader(body))
	if err != nil {
		return res, err
	}
	req.Header.Set("X-API-Key", l.srv.Key)
	if d.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if d.key != "" {
		req.Header.Set("Idempotency-Key", d.key)
	}
	answer, err := l.http.Do(req)
	if err != nil {
		return res, err
	}
	defer answer.Body.Close()
	res.Status, res.Header = answer.StatusCode, answer.Header
	res.Body, err = io.ReadAll(answer.Body)
	return res, err
}

// done records a success and returns the created objects.
func (l *load) done(d *deed, res rafftest.Response) (made []*thing) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acks++
	l.lastAck = time.Now()
	for i, th := range d.things {
		if th.id == "" {
			th.id = idOf(res, i)
			made = append(made, th)
		}
		th.learn(d, res)
	}
	l.things = append(l.things, made...)
	return made
}

// learn records the expected state of the object after the change.
func (th *thing) learn(d *deed, res rafftest.Response) {
	th.doubt = nil
	switch d.method {
	case "DELETE":
		th.gone = true
	case "PATCH":
		maps.Copy(th.want, d.body)
	default:
		if prefix := field(res, 0, "key_prefix"); prefix != "" {
			th.want["key_prefix"] = prefix
		}
	}
}

// field returns a field of the object that a POST created, or of the one with this index if there are several.
func field(res rafftest.Response, i int, name string) string {
	var v struct{ Data any }
	_ = json.Unmarshal(res.Body, &v) // the field is not found if the body is not JSON
	if rows, ok := v.Data.([]any); ok && i < len(rows) {
		row, _ := rows[i].(map[string]any)
		v.Data = row["member"]
	}
	object, _ := v.Data.(map[string]any)
	s, _ := object[name].(string)
	return s
}

// idOf returns the id of the object that a POST created. The responses for invitations and API keys contain the member.
func idOf(res rafftest.Response, i int) string {
	if field(res, i, "key_prefix") != "" {
		return field(res, i, "id")
	}
	return cmp.Or(field(res, i, "member_id"), field(res, i, "id"))
}

func (l *load) problem(format string, a ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.problems = append(l.problems, fmt.Sprintf(format, a...))
}

// report fails the test with the unexpected responses of the clients.
func (l *load) report(t *testing.T) {
	t.Helper()
	for _, p := range l.problems[:min(len(l.problems), 10)] {
		t.Error(p)
	}
}

// differs returns how a row of a list differs from the expected state.
func (th *thing) differs(row map[string]any) string {
	if row == nil {
		return "is not there"
	}
	if th.id != "" && row["id"] != th.id {
		return fmt.Sprintf("has the id %v, not %s", row["id"], th.id)
	}
	for k, v := range th.want {
		if !reflect.DeepEqual(row[k], v) {
			return fmt.Sprintf("has %s %v, not %v", k, row[k], v)
		}
	}
	return ""
}
