package authzen

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"raff/internal/team"
)

func (s *server) subjects(a *team.Asker, q *request, b []byte) ([]byte, error) {
	after, err := q.page("subject", q.subject.missing("subject", false, true), q.action.missing("action", true, false), q.resource.missing("resource", true, true))
	if err != nil {
		return b, err
	}
	ask := q.ask()
	found, next, err := a.Subjects(&ask, after, q.limit)
	return q.appendFound(b, "subject", found, next), err
}

func (s *server) resources(a *team.Asker, q *request, b []byte) ([]byte, error) {
	after, err := q.page("resource", q.subject.missing("subject", true, true), q.action.missing("action", true, false), q.resource.missing("resource", false, true))
	if err != nil {
		return b, err
	}
	ask := q.ask()
	found, next, err := a.Resources(&ask, after, q.limit)
	return q.appendFound(b, "resource", found, next), err
}

func (s *server) actions(a *team.Asker, q *request, b []byte) ([]byte, error) {
	after, err := q.page("action", q.subject.missing("subject", true, true), q.resource.missing("resource", true, true))
	if err != nil {
		return b, err
	}
	ask := q.ask()
	found, next, err := a.Actions(&ask, after, q.limit)
	b = q.appendPage(b, "action", next)
	for i, name := range found {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(append(b, `{"name":`...), name), '}')
	}
	return append(b, "]}"...), err
}

// page returns the position after which the page starts. It fails if a part is wrong, or if the token belongs to another
// search.
func (q *request) page(of string, wrong ...string) (after string, err error) {
	for _, w := range wrong {
		if w != "" {
			return "", malformed(w)
		}
	}
	if q.token == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(q.token)
	if err != nil || len(b) <= sumLength {
		return "", malformed("page.token is not the token of a search.")
	}
	if string(b[:sumLength]) != q.sum(of) {
		return "", errSearch
	}
	return string(b[sumLength:]), nil
}

const sumLength = 12

// sum identifies the parameters of a search, without those that it ignores.
func (q *request) sum(of string) string {
	t := q.triple
	switch of {
	case "subject":
		t.subject.id = ""
	case "resource":
		t.resource.id = ""
	case "action":
		t.action = part{}
	}
	h := sha256.New()
	for _, p := range []part{t.subject, t.action, t.resource} {
		h.Write([]byte(strings.Join([]string{p.kind, p.id, string(p.properties), of}, "\x00") + "\x00"))
	}
	return string(h.Sum(nil)[:sumLength])
}

// appendPage appends the beginning of the response, up to the results.
func (q *request) appendPage(b []byte, of, next string) []byte {
	if next != "" {
		next = base64.RawURLEncoding.EncodeToString([]byte(q.sum(of) + next))
	}
	b = append(append(b, `{"page":{"next_token":"`...), next...)
	return append(b, `"},"results":[`...)
}

func (q *request) appendFound(b []byte, of string, found []team.Found, next string) []byte {
	b = q.appendPage(b, of, next)
	for i, f := range found {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(b, `{"type":`...), f.Type)
		b = append(appendText(append(b, `,"id":`...), f.ID), '}')
	}
	return append(b, "]}"...)
}
