package authzen_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"raff/internal/permission"
	"raff/internal/rafftest"
	"raff/internal/team"
)

// TestDecisionsAgreeWithTheModel changes an account at random, through the API, and compares random decisions and searches
// with the model. RAFF_CASES is the number of decisions (8000).
func TestDecisionsAgreeWithTheModel(t *testing.T) {
	cases := 8000
	if n, err := strconv.Atoi(os.Getenv("RAFF_CASES")); err == nil {
		cases = n
	}
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		w := newWorld(t, srv, rand.New(rand.NewPCG(seed, 1)))
		for asked := 0; asked < cases; {
			w.change()
			asked += w.compare(40)
		}
		if w.allows < cases/50 || w.denies < cases/50 {
			t.Errorf("%d decisions allow and %d deny, which is too uniform", w.allows, w.denies)
		}
		t.Logf("%d allow, %d deny, %d searches", w.allows, w.denies, w.searches)
	}, rafftest.WithCatalog("testdata/scenario.yaml"), rafftest.Quiet())
}

// world is an account and the model of it.
type world struct {
	*fixture
	*model
	r                        *rand.Rand
	n                        int
	allows, denies, searches int
}

func newWorld(t *testing.T, srv *rafftest.Server, r *rand.Rand) *world {
	w := &world{fixture: &fixture{Server: srv, t: t, projects: map[string]string{}, people: map[string]string{}, roles: map[string]string{}}, r: r}
	owner := srv.RoleID(t, "account", "owner")
	ownerKeyMember := ""
	for _, each := range srv.Do(t, "GET", "/api/v1/members?limit=100", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any) {
		if m := each.(map[string]any); m["api_key_id"] == srv.KeyID {
			ownerKeyMember = m["id"].(string)
		}
	}
	w.model = &model{
		account: srv.AccountID, now: srv.Now, roles: map[string]*modelRole{owner: {scope: "account", slug: "owner", owner: true}},
		subjects: map[string]*modelSubject{
			srv.OwnerUserID: {kind: "user", email: "owner@example.com"}, srv.KeyID: {kind: "api_key"},
		},
		members: map[string]*modelMember{
			srv.OwnerMemberID: {subject: srv.OwnerUserID, role: owner, status: "active"}, ownerKeyMember: {subject: srv.KeyID, role: owner, status: "active"},
		},
		projects: map[string]string{srv.ProjectID: "default"}, names: map[string]string{},
	}
	for range 4 {
		w.newRole("account")
		w.newRole("project")
	}
	w.newRoleNamed("project", "admin")
	for range 4 {
		w.newProject()
		w.newKey()
	}
	for range 3 {
		w.newPerson()
	}
	for range 25 {
		w.change()
	}
	return w
}

func pick[K comparable, V any](w *world, from map[K]V, by func(K, V) bool) (K, bool) {
	var fit []K
	for k, v := range from {
		if by(k, v) {
			fit = append(fit, k)
		}
	}
	if len(fit) == 0 {
		var none K
		return none, false
	}
	return fit[w.r.IntN(len(fit))], true
}

// next returns a new name.
func (w *world) next(what string) string { w.n++; return fmt.Sprintf("%s-%d", what, w.n) }

func (w *world) some(scope string) (out []string) {
	for _, p := range slices.Sorted(maps.Keys(modelPermissions)) {
		if modelPermissions[p] == scope && w.r.IntN(2) == 0 {
			out = append(out, p)
		}
	}
	if out == nil {
		out = []string{map[string]string{"account": "account.audit.view", "project": "record.read"}[scope]}
	}
	return out
}

func (w *world) newRole(scope string) { w.newRoleNamed(scope, w.next("role")) }

func (w *world) newRoleNamed(scope, slug string) {
	permissions := w.some(scope)
	w.model.roles[w.role(scope, slug, permissions...)] = &modelRole{scope: scope, slug: slug, permissions: permissions}
}

func (w *world) newProject() {
	d := w.do("POST", "/api/v1/projects", 201, map[string]any{"name": w.next("project")})
	w.model.projects[d["id"].(string)] = d["slug"].(string)
}

// roleOf returns a role of a scope, never the Owner role.
func (w *world) roleOf(scope string) string {
	id, _ := pick(w, w.model.roles, func(_ string, r *modelRole) bool { return r.scope == scope && !r.owner })
	return id
}

func (w *world) newKey() {
	role := w.roleOf("account")
	d := w.do("POST", "/api/v1/api-keys", 201, map[string]any{"name": w.next("key"), "role_id": role})
	id := d["id"].(string)
	w.model.subjects[id] = &modelSubject{kind: "api_key"}
	w.model.members[d["member_id"].(string)] = &modelMember{subject: id, role: role, status: "active"}
}

func (w *world) newPerson() {
	email, role := w.next("person")+"@example.com", w.roleOf("account")
	member, user := w.NewMember(w.t, email, "Bob", role)
	w.model.subjects[user] = &modelSubject{kind: "user", email: email}
	w.model.members[member] = &modelMember{subject: user, role: role, status: "active"}
}

func (w *world) path(id string) string {
	if p := w.members[id].project; p != "" {
		return "/api/v1/projects/" + p + "/members/" + id
	}
	return "/api/v1/members/" + id
}

// changeable is a membership that can be changed: not that of the Owner, nor of the key that makes the changes.
func (w *world) changeable() (string, bool) {
	return pick(w, w.members, func(_ string, x *modelMember) bool { return x.subject != w.OwnerUserID && x.subject != w.KeyID })
}

// change makes one random change.
func (w *world) change() {
	switch w.r.IntN(12) {
	case 0, 1, 2:
		w.joinSomeone()
	case 3, 4:
		if id, ok := w.changeable(); ok {
			status := []string{"active", "suspended"}[w.r.IntN(2)]
			w.do("PATCH", w.path(id), 200, map[string]any{"status": status})
			w.members[id].status = status
		}
	case 5:
		if id, ok := w.changeable(); ok {
			role := w.roleOf(map[bool]string{true: "account", false: "project"}[w.members[id].project == ""])
			w.do("PATCH", w.path(id), 200, map[string]any{"role_id": role})
			w.members[id].role = role
		}
	case 6:
		if id, ok := w.changeable(); ok && (w.r.IntN(2) == 0 || w.members[id].project != "") {
			w.Do(w.t, "DELETE", w.path(id), w.Key, nil).Want(w.t, 200)
			w.gone(id)
		}
	case 7:
		id, _ := pick(w, w.model.roles, func(_ string, r *modelRole) bool { return !r.owner })
		w.model.roles[id].permissions = w.some(w.model.roles[id].scope)
		w.do("PATCH", "/api/v1/roles/"+id, 200, map[string]any{"permissions": w.model.roles[id].permissions})
	case 8:
		w.changeKey()
	case 9:
		w.rename()
	case 10:
		w.endProject()
	default:
		if len(w.model.subjects) < 14 {
			w.newKey()
		}
	}
}

func (w *world) joinSomeone() {
	subject, _ := pick(w, w.model.subjects, func(id string, _ *modelSubject) bool { return w.isMember(id) && id != w.OwnerUserID && id != w.KeyID })
	project, _ := pick(w, w.model.projects, func(string, string) bool { return true })
	for _, x := range w.members {
		if subject == "" || x.subject == subject && (x.project == project || x.project == "" && x.status == "suspended") {
			return
		}
	}
	role, field := w.roleOf("project"), "target_user_id"
	if w.model.subjects[subject].kind == "api_key" {
		field = "api_key_id"
	}
	d := w.do("POST", "/api/v1/projects/"+project+"/members", 201, map[string]any{field: subject, "role_id": role})
	w.members[d["id"].(string)] = &modelMember{subject: subject, project: project, role: role, status: "active"}
}

// gone removes a membership with its names. That of a person's account ends those in projects, too.
func (w *world) gone(id string) {
	x := w.members[id]
	for other, o := range w.members {
		if other == id || x.project == "" && o.subject == x.subject {
			delete(w.members, other)
			w.forget(other)
		}
	}
}

func (w *world) forget(object string) {
	maps.DeleteFunc(w.names, func(_, to string) bool { return to == object })
}

func (w *world) changeKey() {
	id, ok := pick(w, w.model.subjects, func(id string, s *modelSubject) bool { return s.kind == "api_key" && id != w.KeyID })
	if !ok {
		return
	}
	s := w.model.subjects[id]
	switch w.r.IntN(4) {
	case 0:
		s.ends = w.Now().Add(time.Hour).UTC().Truncate(time.Second)
		w.do("PATCH", "/api/v1/api-keys/"+id, 200, map[string]any{"expires_at": s.ends.Format(time.RFC3339)})
		if w.r.IntN(2) == 0 {
			w.Advance(2 * time.Hour)
		}
	case 1:
		w.Do(w.t, "DELETE", "/api/v1/api-keys/"+id, w.Key, nil).Want(w.t, 200)
		for member, x := range w.members {
			if x.subject == id {
				delete(w.members, member)
				w.forget(member)
			}
		}
		delete(w.model.subjects, id)
		w.forget(id)
		w.newKey()
	default:
		s.disabled = !s.disabled
		w.do("PATCH", "/api/v1/api-keys/"+id, 200, map[string]any{"is_active": !s.disabled})
	}
}

// rename sets or removes an external id.
func (w *world) rename() {
	if name, ok := pick(w, w.names, func(string, string) bool { return w.r.IntN(3) == 0 }); ok {
		var kind, id string
		_, _ = fmt.Sscanf(name, "%s %s", &kind, &id)
		w.Do(w.t, "DELETE", "/api/v1/external-ids?kind="+kind+"&source=app&id="+id, w.Key, nil).Want(w.t, 200)
		delete(w.names, name)
		return
	}
	kind := []string{"member", "project", "api_key", "record", "record"}[w.r.IntN(5)]
	var object string
	var ok bool
	switch kind {
	case "member":
		object, ok = pick(w, w.members, func(_ string, x *modelMember) bool {
			return x.project == "" && w.model.subjects[x.subject].kind == "user"
		})
	case "api_key":
		object, ok = pick(w, w.model.subjects, func(_ string, s *modelSubject) bool { return s.kind == "api_key" })
	default:
		object, ok = pick(w, w.model.projects, func(string, string) bool { return true })
	}
	if !ok || kind != "record" && slices.Contains(slices.Collect(maps.Values(w.named(kind))), object) {
		return
	}
	id := w.next("name")
	w.name(kind, id, object)
	w.names[kind+" "+id] = object
}

// named returns the names of a kind.
func (w *world) named(kind string) map[string]string {
	out := map[string]string{}
	for name, to := range w.names {
		var of, id string
		if _, _ = fmt.Sscanf(name, "%s %s", &of, &id); of == kind {
			out[id] = to
		}
	}
	return out
}

func (w *world) endProject() {
	id, ok := pick(w, w.model.projects, func(id, _ string) bool { return id != w.ProjectID })
	if !ok {
		return
	}
	w.Do(w.t, "DELETE", "/api/v1/projects/"+id, w.Key, nil).Want(w.t, 200)
	delete(w.model.projects, id)
	w.forget(id)
	for member, x := range w.members {
		if x.project == id {
			delete(w.members, member)
			w.forget(member)
		}
	}
	w.newProject()
}

// properties are those of a question, for the server.
type properties modelQuestion

func (p properties) Property(of permission.Part, name string) permission.Value {
	switch {
	case of == permission.PartResource && name == "status" && p.status != "":
		return permission.Text(p.status)
	case of == permission.PartSubject && name == "role" && p.role != "":
		return permission.Text(p.role)
	case of == permission.PartAction && name == "soft" && p.soft != nil:
		return permission.Bool(*p.soft)
	}
	return ""
}

func (w *world) question() modelQuestion {
	one := func(all ...string) string { return all[w.r.IntN(len(all))] }
	q := modelQuestion{subjectType: one("user", "api_key"), resourceType: one("project", "record", "project", "record", "account")}
	q.subject, _ = pick(w, w.model.subjects, func(_ string, s *modelSubject) bool { return s.kind == q.subjectType })
	switch w.r.IntN(8) {
	case 0:
		if id, ok := pick(w, w.members, func(string, *modelMember) bool { return true }); ok {
			q.subject = id
		}
	case 1:
		if id, ok := pick(w, w.named("member"), func(string, string) bool { return true }); ok {
			q.subject = one("", "ext:app:") + id
		}
	case 2:
		if id, ok := pick(w, w.named("api_key"), func(string, string) bool { return true }); ok {
			q.subject = id
		}
	case 3:
		if s := w.model.subjects[q.subject]; s != nil && s.email != "" {
			q.subject = s.email
		}
	case 4:
		q.subject = one("nobody", w.account, "ext:other:name-1", w.OwnerUserID)
	}
	q.action = one(append(slices.Sorted(maps.Keys(modelPermissions)), "read", "write", "delete", "fly")...)
	id, _ := pick(w, w.model.projects, func(string, string) bool { return true })
	switch q.resource = id; {
	case q.resourceType == "account":
		q.resource = w.account
	case q.resourceType == "record" || w.r.IntN(3) == 0:
		if id, ok := pick(w, w.named(q.resourceType), func(string, string) bool { return true }); ok {
			q.resource = id
		}
	case w.r.IntN(3) == 0:
		q.resource = w.model.projects[id]
	}
	q.status, q.role = one("", "", "archived", "active"), one("", "", "", "admin", "editor")
	if n := w.r.IntN(3); n > 0 {
		soft := n == 1
		q.soft = &soft
	}
	return q
}

// compare compares decisions about the current state, and returns their number.
func (w *world) compare(n int) int {
	svc := w.Node.Service()
	ctx, done := svc.Consult(w.t.Context())
	defer done()
	who, err := svc.Authenticate(ctx, w.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	asker, err := svc.Asker(ctx, who)
	if err != nil {
		w.t.Fatal(err)
	}
	for range n {
		q := w.question()
		a, err := asker.Evaluate(w.asked(q))
		if err != nil {
			w.t.Fatal(err)
		}
		if want := w.allowed(q); a.Allowed != want {
			w.t.Fatalf("%+v: the server decides %v (%s: %s), the model %v", q, a.Allowed, a.Reason, a.Text, want)
		}
		if a.Allowed {
			w.allows++
		} else {
			w.denies++
		}
	}
	w.search(asker, w.question())
	return n
}

func (w *world) asked(q modelQuestion) *team.Question {
	return &team.Question{SubjectType: q.subjectType, SubjectID: q.subject, Action: q.action, ResourceType: q.resourceType, ResourceID: q.resource, Properties: properties(q)}
}

// search compares the three searches, page by page.
func (w *world) search(asker *team.Asker, q modelQuestion) {
	limit := 1 + w.r.IntN(4)
	all := func(what string, want []string, page func(after string) ([]string, string, error)) {
		w.t.Helper()
		var found []string
		for after := ""; ; {
			some, next, err := page(after)
			if err != nil || len(some) > limit {
				w.t.Fatalf("%s %+v: %v, %d results of at most %d", what, q, err, len(some), limit)
			}
			if found = append(found, some...); next == "" {
				break
			}
			after = next
		}
		slices.Sort(found)
		if !slices.Equal(found, want) {
			w.t.Fatalf("%s %+v: found %v, the model %v", what, q, found, want)
		}
		w.searches++
	}
	ids := func(found []team.Found, next string, err error) ([]string, string, error) {
		var out []string
		for _, f := range found {
			out = append(out, f.ID)
		}
		return out, next, err
	}
	all("subjects", w.subjectsOf(q), func(after string) ([]string, string, error) { return ids(asker.Subjects(w.asked(q), after, limit)) })
	all("resources", w.resourcesOf(q), func(after string) ([]string, string, error) { return ids(asker.Resources(w.asked(q), after, limit)) })
	found, _, err := asker.Actions(w.asked(q), "", 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	found = slices.DeleteFunc(found, func(name string) bool { return modelActions[name] == "" && modelPermissions[name] == "" })
	slices.Sort(found)
	if want := w.actionsOf(q); !slices.Equal(found, want) {
		w.t.Fatalf("actions %+v: found %v, the model %v", q, found, want)
	}
}
