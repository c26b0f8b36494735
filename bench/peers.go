package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// product is another product in its own process, and the header that authenticates.
type product struct {
	target
	header string
}

// startProduct runs a program of the directory of peers until it responds at path.
func startProduct(ctx context.Context, o settings, dir, addr, path string, program string, args ...string) (*product, error) {
	log, err := os.Create(filepath.Join(dir, program+".log"))
	if err != nil {
		return nil, fmt.Errorf("create the log: %w", err)
	}
	cmd := exec.CommandContext(ctx, filepath.Join(o.peers, program), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	p := &product{target: target{addr, cmd}}
	return p, p.waitFor(ctx, path)
}

// send posts a JSON body and decodes the response into v, unless it is nil.
func (p *product) send(ctx context.Context, path string, body, v any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.addr+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if name, value, ok := strings.Cut(p.header, ": "); ok {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("POST %s: %w", path, err)
	}
	defer res.Body.Close()
	if b, err = io.ReadAll(res.Body); err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("POST %s: status %d: %s", path, res.StatusCode, b)
	}
	if err == nil && v != nil {
		err = json.Unmarshal(b, v)
	}
	return err
}

// request returns a request for the load generator.
func (p *product) request(method, path, body string) []byte {
	header := ""
	if p.header != "" {
		header = "\r\n" + p.header
	}
	if body != "" {
		header += fmt.Sprintf("\r\nContent-Type: application/json\r\nContent-Length: %d", len(body))
	}
	return []byte(method + " " + path + " HTTP/1.1\r\nHost: " + p.addr + header + "\r\n\r\n" + body)
}

const pocketbaseName = "PocketBase, synchronous=FULL"

// startPocketbase starts PocketBase with a collection of members, which only an authenticated request can use, and with
// this many rows in it. It returns their ids.
func startPocketbase(ctx context.Context, o settings, dir string, members int) (*product, []string, error) {
	data := filepath.Join(dir, "pocketbase")
	const email, password = "owner@example.com", "a long enough password"
	if out, err := exec.CommandContext(ctx, filepath.Join(o.peers, "pocketbase"), "superuser", "upsert", email, password, "--dir", data).CombinedOutput(); err != nil {
		return nil, nil, fmt.Errorf("create the superuser: %w\n%s", err, out)
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, err := startProduct(ctx, o, dir, addr, "/api/health", "pocketbase", "serve", "--http", addr, "--dir", data)
	if err != nil {
		return nil, nil, err
	}
	var session struct{ Token string }
	if err := p.send(ctx, "/api/collections/_superusers/auth-with-password", map[string]string{"identity": email, "password": password}, &session); err != nil {
		p.stop()
		return nil, nil, err
	}
	p.header = "Authorization: " + session.Token
	field := func(name, kind string) map[string]any { return map[string]any{"name": name, "type": kind} }
	err = p.send(ctx, "/api/collections", map[string]any{
		"name": "members", "type": "base", "fields": []any{field("email", "email"), field("name", "text"), field("role", "text"), field("status", "text")},
		"indexes": []string{"CREATE UNIQUE INDEX members_email ON members (email)"},
	}, nil)
	var ids []string
	if err == nil && members > 0 {
		ids, err = fillPocketbase(ctx, filepath.Join(data, "data.db"), members)
	}
	if err != nil {
		p.stop()
	}
	return p, ids, err
}

func fillPocketbase(ctx context.Context, file string, members int) (ids []string, err error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(60000)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO members (id, email, name, role, status) VALUES (?, ?, '', 'admin', 'pending')")
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	defer func() { _ = insert.Close() }()
	for i := range members {
		id := strings.ToLower(rand.Text()[:15])
		if _, err := insert.ExecContext(ctx, id, fmt.Sprintf("person%d@example.com", i)); err != nil {
			return nil, fmt.Errorf("insert: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, tx.Commit()
}

func pocketbaseRead(ctx context.Context, o settings, dir string) (peer, error) {
	p, ids, err := startPocketbase(ctx, o, dir, o.members)
	if err != nil {
		return peer{}, err
	}
	return peer{pocketbaseName, func(ctx context.Context) (float64, error) {
		return load{addr: p.addr, connections: 16, span: o.span, status: 200, next: func() question {
			id := ids[mathrand.IntN(len(ids))]
			return question{p.request("GET", "/api/collections/members/records/"+id, ""), []byte(`"id":"` + id + `"`)}
		}}.run(ctx)
	}, p.stop}, nil
}

func pocketbaseFirst(ctx context.Context, o settings, dir string) (peer, error) {
	return pocketbasePage(ctx, o, dir, 1)
}

func pocketbaseLast(ctx context.Context, o settings, dir string) (peer, error) {
	return pocketbasePage(ctx, o, dir, o.members/pageRows)
}

func pocketbasePage(ctx context.Context, o settings, dir string, page int) (peer, error) {
	p, _, err := startPocketbase(ctx, o, dir, o.members)
	if err != nil {
		return peer{}, err
	}
	q := question{p.request("GET", fmt.Sprintf("/api/collections/members/records?perPage=%d&page=%d", pageRows, page), ""), []byte(fmt.Sprintf(`"totalItems":%d`, o.members))}
	return peer{pocketbaseName, func(ctx context.Context) (float64, error) {
		return load{addr: p.addr, connections: 16, span: o.span, status: 200, next: func() question { return q }}.run(ctx)
	}, p.stop}, nil
}

func pocketbaseAdd(clients int) func(ctx context.Context, o settings, dir string) (peer, error) {
	return func(ctx context.Context, o settings, dir string) (peer, error) {
		p, _, err := startPocketbase(ctx, o, dir, 0)
		if err != nil {
			return peer{}, err
		}
		var n atomic.Int64
		return peer{pocketbaseName, func(ctx context.Context) (float64, error) {
			return load{addr: p.addr, connections: clients, span: o.span, status: 200, next: func() question {
				return question{request: p.request("POST", "/api/collections/members/records", fmt.Sprintf(`{"email":"person%d@example.com","role":"admin","status":"pending"}`, n.Add(1)))}
			}}.run(ctx)
		}, p.stop}, nil
	}
}

// policy decides like the cells d: a subject has one role in each of some projects, and a role has permissions.
const policy = `package access

default allow := false

allow if {
	role := data.grants[input.subject][input.project]
	input.permission in data.roles[role]
}
`

// opaDecide measures OPA, which has its data in memory and no authentication.
func opaDecide(ctx context.Context, o settings, dir string) (peer, error) {
	roles, grants := map[string][]string{}, map[string]map[string]string{}
	var asked []string
	eachGrant(func(subject, project, role, allowed int) {
		s, p, r := fmt.Sprint("subject-", subject), fmt.Sprint("project-", project), fmt.Sprint("role-", role)
		if grants[s] == nil {
			grants[s] = map[string]string{}
		}
		grants[s][p] = r
		asked = append(asked, fmt.Sprintf(`{"input":{"subject":%q,"project":%q,"permission":"permission-%d"}}`, s, p, allowed))
	})
	for i := range askedRoles {
		for j := range i + 1 {
			roles[fmt.Sprint("role-", i)] = append(roles[fmt.Sprint("role-", i)], fmt.Sprint("permission-", j))
		}
	}
	data, err := json.Marshal(map[string]any{"roles": roles, "grants": grants})
	if err != nil {
		return peer{}, fmt.Errorf("encode the data: %w", err)
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "policy.rego"), []byte(policy), 0o600), os.WriteFile(filepath.Join(dir, "data.json"), data, 0o600)); err != nil {
		return peer{}, fmt.Errorf("write the policy: %w", err)
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return peer{}, err
	}
	p, err := startProduct(ctx, o, dir, addr, "/health", "opa", "run", "--server", "--addr", addr, "--log-level", "error", "--disable-telemetry", "policy.rego", "data.json")
	if err != nil {
		return peer{}, err
	}
	return p.decides(o, "OPA, in memory, without authentication", "/v1/data/access/allow", asked, `"result":true`), nil
}

// decides returns a peer that answers these questions, all of them with yes.
func (p *product) decides(o settings, name, path string, asked []string, yes string) peer {
	questions := make([]question, len(asked))
	for i, body := range asked {
		questions[i] = question{p.request("POST", path, body), []byte(yes)}
	}
	return peer{name, func(ctx context.Context) (float64, error) {
		return load{addr: p.addr, connections: 16, span: o.span, status: 200,
			next: func() question { return questions[mathrand.IntN(len(questions))] }}.run(ctx)
	}, p.stop}
}

// eachGrant calls f for the grants of the cells d, with a permission that the role has.
func eachGrant(f func(subject, project, role, allowed int)) {
	for i := range askedSubjects {
		for j := range askedAbout {
			role := (i + j) % askedRoles
			f(i, (i+j*17)%askedProjects, role, mathrand.IntN(role+1))
		}
	}
}

// startOpenFGA starts OpenFGA on a database, with a model of projects with roles that imply permissions.
func startOpenFGA(ctx context.Context, o settings, dir, engine, database string) (p *product, store, model string, err error) {
	program := filepath.Join(o.peers, "openfga")
	if out, err := exec.CommandContext(ctx, program, "migrate", "--datastore-engine", engine, "--datastore-uri", database).CombinedOutput(); err != nil {
		return nil, "", "", fmt.Errorf("create the schema: %w\n%s", err, out)
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, "", "", err
	}
	grpc, err := freeAddr(ctx)
	if err != nil {
		return nil, "", "", err
	}
	p, err = startProduct(ctx, o, dir, addr, "/healthz", "openfga", "run", "--datastore-engine", engine, "--datastore-uri", database,
		"--http-addr", addr, "--grpc-addr", grpc, "--playground-enabled=false", "--metrics-enabled=false", "--log-level", "none")
	if err != nil {
		return nil, "", "", err
	}
	var made struct {
		ID    string `json:"id"`
		Model string `json:"authorization_model_id"`
	}
	if err = p.send(ctx, "/stores", map[string]string{"name": "bench"}, &made); err == nil {
		store = made.ID
		err = p.send(ctx, "/stores/"+store+"/authorization-models", openfgaModel(), &made)
	}
	if err != nil {
		p.stop()
	}
	return p, store, made.Model, err
}

func openfgaModel() map[string]any {
	relations, metadata := map[string]any{}, map[string]any{}
	for i := range askedRoles {
		relations[fmt.Sprint("role", i)] = map[string]any{"this": map[string]any{}}
		metadata[fmt.Sprint("role", i)] = map[string]any{"directly_related_user_types": []any{map[string]string{"type": "user"}}}
		var from []any
		for j := i; j < askedRoles; j++ {
			from = append(from, map[string]any{"computedUserset": map[string]string{"relation": fmt.Sprint("role", j)}})
		}
		relations[fmt.Sprint("permission", i)] = from[0] // a union needs two
		if len(from) > 1 {
			relations[fmt.Sprint("permission", i)] = map[string]any{"union": map[string]any{"child": from}}
		}
	}
	return map[string]any{"schema_version": "1.1", "type_definitions": []any{
		map[string]any{"type": "user"},
		map[string]any{"type": "project", "relations": relations, "metadata": map[string]any{"relations": metadata}},
	}}
}

// openfgaDecide measures OpenFGA on SQLite, without authentication.
func openfgaDecide(ctx context.Context, o settings, dir string) (peer, error) {
	p, store, model, err := startOpenFGA(ctx, o, dir, "sqlite", "file:"+filepath.Join(dir, "openfga.db"))
	if err != nil {
		return peer{}, err
	}
	var tuples []any
	var asked []string
	eachGrant(func(subject, project, role, allowed int) {
		user, object := fmt.Sprint("user:", subject), fmt.Sprint("project:", project)
		tuples = append(tuples, map[string]string{"user": user, "relation": fmt.Sprint("role", role), "object": object})
		asked = append(asked, fmt.Sprintf(`{"tuple_key":{"user":%q,"relation":"permission%d","object":%q},"authorization_model_id":%q}`, user, allowed, object, model))
	})
	for from := 0; from < len(tuples); from += 100 {
		body := map[string]any{"writes": map[string]any{"tuple_keys": tuples[from:min(from+100, len(tuples))]}, "authorization_model_id": model}
		if err := p.send(ctx, "/stores/"+store+"/write", body, nil); err != nil {
			p.stop()
			return peer{}, err
		}
	}
	return p.decides(o, "OpenFGA on SQLite, without authentication", "/stores/"+store+"/check", asked, `"allowed":true`), nil
}

// openfgaWrite measures how fast OpenFGA adds tuples on PostgreSQL.
func openfgaWrite(ctx context.Context, o settings, dir string) (peer, error) {
	database, err := anotherDatabase(ctx, o.postgres, "bench_openfga")
	if err != nil {
		return peer{}, err
	}
	p, store, model, err := startOpenFGA(ctx, o, dir, "postgres", database)
	if err != nil {
		return peer{}, err
	}
	var n atomic.Int64
	run := time.Now().UnixNano()
	return peer{"OpenFGA, without authentication", func(ctx context.Context) (float64, error) {
		return load{addr: p.addr, connections: 16, span: o.span, status: 200, next: func() question {
			body := fmt.Sprintf(`{"writes":{"tuple_keys":[{"user":"user:%d-%d","relation":"role0","object":"project:1"}]},"authorization_model_id":%q}`, run, n.Add(1), model)
			return question{request: p.request("POST", "/stores/"+store+"/write", body)}
		}}.run(ctx)
	}, p.stop}, nil
}
