package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
)

const (
	askedSubjects = 1000
	askedProjects = 50
	askedRoles    = 10
	askedAbout    = 3 // projects per subject
	batch         = 50
)

// decisions prepares the cells d: random decisions about 1,000 API keys in 50 projects with 10 roles, with n in each
// request, beside a bare server that sends the same bytes. All of them are allowed, which was checked before, so that
// each response is compared byte for byte; as many others were checked to be denied.
func decisions(postgres string, n int) func(context.Context, settings, string) (round, round, func(), error) {
	return func(ctx context.Context, o settings, dir string) (ours, limit round, end func(), err error) {
		database := postgres
		if database == "" {
			database = "sqlite:" + filepath.Join(dir, "raff.db")
		}
		r, err := startRaffd(ctx, o, database, dir)
		if err != nil {
			return nil, nil, nil, err
		}
		defer func() {
			if err != nil {
				r.stop()
			}
		}()
		allowed, denied, err := r.population(ctx)
		if err != nil {
			return nil, nil, nil, err
		}
		if r.key, err = r.service(ctx); err != nil {
			return nil, nil, nil, err
		}
		for _, q := range denied {
			if answer, err := r.decision(ctx, "/access/v1/evaluation", q); err != nil || bytes.Contains(answer, []byte(`"decision":true`)) {
				return nil, nil, nil, fmt.Errorf("%s: %s, %w", q, answer, err)
			}
		}
		path, requests := "/access/v1/evaluation", allowed
		if n > 1 {
			path, requests = "/access/v1/evaluations", batches(allowed, n)
		}
		body, err := r.decision(ctx, path, requests[0])
		if err != nil {
			return nil, nil, nil, err
		}
		if got := bytes.Count(body, []byte(`"decision":true`)); got != n {
			return nil, nil, nil, fmt.Errorf("%d of %d decisions allow: %s", got, n, body)
		}
		b, err := startBare(ctx, dir, body, "", "")
		if err != nil {
			return nil, nil, nil, err
		}
		ask := func(t target, header string) round {
			texts := make([]question, len(requests))
			for i, q := range requests {
				texts[i].request = fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, t.addr, header, len(q), q)
			}
			return func(ctx context.Context) (float64, error) {
				return load{addr: t.addr, connections: 16, span: o.span, status: 200, body: body,
					next: func() question { return texts[rand.IntN(len(texts))] }}.run(ctx)
			}
		}
		return ask(r.target, "\r\nX-API-Key: "+r.key), ask(b, ""), func() { r.stop(); b.stop() }, nil
	}
}

const searchedProjects = 10_000

// search prepares the cell ds: one client asks again and again in which of 10,000 projects the Owner's key may do something, a
// whole page of answers at a time.
func search(postgres string) func(context.Context, settings, string) (round, round, func(), error) {
	return func(ctx context.Context, o settings, dir string) (ours, limit round, end func(), err error) {
		r, err := startRaffd(ctx, o, databaseIn(dir, postgres), dir)
		if err != nil {
			return nil, nil, nil, err
		}
		defer func() {
			if err != nil {
				r.stop()
			}
		}()
		for i := range searchedProjects {
			if _, err := r.create(ctx, "/api/v1/projects", fmt.Sprintf(`{"name":"project %d"}`, i)); err != nil {
				return nil, nil, nil, err
			}
		}
		var me struct {
			Data struct{ Principal struct{ ID string } }
		}
		if err := r.getJSON(ctx, "/api/v1/whoami", &me); err != nil {
			return nil, nil, nil, err
		}
		if r.key, err = r.service(ctx); err != nil {
			return nil, nil, nil, err
		}
		q := fmt.Sprintf(`{"subject":{"type":"api_key","id":%q},"action":{"name":"vm.view"},"resource":{"type":"project"},"page":{"limit":1000}}`, me.Data.Principal.ID)
		const path = "/access/v1/search/resource"
		body, err := r.decision(ctx, path, q)
		if err != nil {
			return nil, nil, nil, err
		}
		if n := bytes.Count(body, []byte(`"type":"project"`)); n != 1000 {
			return nil, nil, nil, fmt.Errorf("%d projects on a page of 1,000: %.300s", n, body)
		}
		request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nX-API-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, r.addr, r.key, len(q), q)
		ours = func(ctx context.Context) (float64, error) {
			return load{addr: r.addr, connections: 1, span: o.span, status: 200, body: body, next: func() question { return question{request: request} }}.run(ctx)
		}
		return ours, func(context.Context) (float64, error) { return 50, nil }, r.stop, nil
	}
}

func batches(all []string, n int) (out []string) {
	for range all {
		some := make([]string, n)
		for i := range some {
			some[i] = all[rand.IntN(len(all))]
		}
		out = append(out, `{"evaluations":[`+strings.Join(some, ",")+"]}")
	}
	return out
}

func (r *raffd) decision(ctx context.Context, path, q string) ([]byte, error) {
	return r.call(ctx, "POST", path, strings.NewReader(q))
}

func (r *raffd) create(ctx context.Context, path, body string) (string, error) {
	b, err := r.call(ctx, "POST", path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	var made struct{ Data struct{ ID string } }
	if err := json.Unmarshal(b, &made); err != nil {
		return "", fmt.Errorf("read what was created: %w", err)
	}
	return made.Data.ID, nil
}

// service returns the secret of a key that may only ask for decisions.
func (r *raffd) service(ctx context.Context) (string, error) {
	role, err := r.create(ctx, "/api/v1/roles", `{"name":"Service","slug":"service","scope":"account","permissions":["account.decisions.evaluate"]}`)
	if err != nil {
		return "", err
	}
	b, err := r.call(ctx, "POST", "/api/v1/api-keys", strings.NewReader(fmt.Sprintf(`{"name":"service","role_id":%q}`, role)))
	if err != nil {
		return "", err
	}
	var made struct{ Data struct{ Secret string } }
	if err := json.Unmarshal(b, &made); err != nil {
		return "", fmt.Errorf("read the key: %w", err)
	}
	return made.Data.Secret, nil
}

// population creates the subjects, and returns questions whose answer is yes and questions whose answer is no.
func (r *raffd) population(ctx context.Context) (allowed, denied []string, err error) {
	permissions := []string{"vm.view", "vm.create", "vm.power", "vm.manage", "vpc.view", "vpc.create", "volume.view", "volume.create", "ip.view", "ip.reserve"}
	roles, projects := make([]string, askedRoles), make([]string, askedProjects)
	for i := range roles { // the role i grants the permissions up to i
		list, err := json.Marshal(permissions[:i+1])
		if err != nil {
			return nil, nil, err
		}
		if roles[i], err = r.create(ctx, "/api/v1/roles", fmt.Sprintf(`{"name":"role %d","slug":"role-%d","scope":"project","permissions":%s}`, i, i, list)); err != nil {
			return nil, nil, err
		}
	}
	for i := range projects {
		if projects[i], err = r.create(ctx, "/api/v1/projects", fmt.Sprintf(`{"name":"project %d"}`, i)); err != nil {
			return nil, nil, err
		}
	}
	for i := range askedSubjects {
		key, err := r.create(ctx, "/api/v1/api-keys", fmt.Sprintf(`{"name":"key %d"}`, i))
		if err != nil {
			return nil, nil, err
		}
		for j := range askedAbout {
			project, role := projects[(i+j*17)%askedProjects], (i+j)%askedRoles
			if _, err := r.create(ctx, "/api/v1/projects/"+project+"/members", fmt.Sprintf(`{"api_key_id":%q,"role_id":%q}`, key, roles[role])); err != nil {
				return nil, nil, err
			}
			question := func(permission int) string {
				return fmt.Sprintf(`{"subject":{"type":"api_key","id":%q},"action":{"name":%q},"resource":{"type":"project","id":%q}}`, key, permissions[permission], project)
			}
			allowed = append(allowed, question(rand.IntN(role+1)))
			if role+1 < len(permissions) && i%10 == 0 {
				denied = append(denied, question(role+1))
			}
		}
	}
	return allowed, denied, nil
}
