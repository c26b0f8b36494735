package authzen

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"raff/internal/team"
)

// The semantics of several evaluations.
const (
	executeAll    = "execute_all"
	denyOnDeny    = "deny_on_first_deny"
	permitOnAllow = "permit_on_first_permit"
)

func (s *server) evaluation(a *team.Asker, q *request, b []byte) ([]byte, error) {
	question, wrong := q.question()
	if wrong != "" {
		return b, malformed(wrong)
	}
	revision, err := revisionOf(a)
	if err != nil {
		return b, err
	}
	answer, err := a.Evaluate(&question)
	return appendAnswer(b, &answer, revision), err
}

// evaluations evaluates all requests or, with the other semantics, those up to the first that decides.
func (s *server) evaluations(a *team.Asker, q *request, b []byte) ([]byte, error) {
	switch q.semantic {
	case executeAll, denyOnDeny, permitOnAllow:
	default:
		return b, malformed("options.evaluations_semantic must be " + executeAll + ", " + denyOnDeny + " or " + permitOnAllow + ".")
	}
	if len(q.evaluations) == 0 {
		return s.evaluation(a, q, b)
	}
	for _, p := range []*part{&q.subject, &q.action, &q.resource} {
		if p.wrong != "" {
			return b, malformed(p.wrong)
		}
	}
	revision, err := revisionOf(a)
	if err != nil {
		return b, err
	}
	b = append(b, `{"evaluations":[`...)
	for i := range q.evaluations {
		if i > 0 {
			b = append(b, ',')
		}
		merged := q.evaluations[i].or(&q.triple)
		question, wrong := merged.question()
		if wrong != "" {
			b = appendError(b, wrong)
			if q.semantic == denyOnDeny {
				break
			}
			continue
		}
		answer, err := a.Evaluate(&question)
		if err != nil {
			return b, err
		}
		b = appendAnswer(b, &answer, revision)
		if q.semantic == denyOnDeny && !answer.Allowed || q.semantic == permitOnAllow && answer.Allowed {
			break
		}
	}
	return append(b, "]}"...), nil
}

func appendAnswer(b []byte, a *team.Answer, revision string) []byte {
	b = append(b, `{"decision":`...)
	b = strconv.AppendBool(b, a.Allowed)
	b = append(b, `,"context":{"reason":{"code":"`...)
	b = append(b, a.Reason...)
	b = append(b, '"')
	if a.Text != "" {
		b = appendText(append(b, `,"text":`...), a.Text)
	}
	b = append(b, '}')
	b = appendList(b, "granted_by", a.GrantedBy)
	b = appendList(b, "would_be_granted_by", a.WouldGrant)
	b = append(b, `,"valid_until":`...)
	if a.Until.IsZero() {
		b = append(b, "null"...)
	} else {
		b = append(a.Until.UTC().AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
	}
	b = append(b, `,"revision":"`...)
	return append(append(b, revision...), `"}}`...)
}

func appendList(b []byte, name string, all []string) []byte {
	if len(all) == 0 {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":[`...)
	for i, v := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, v)
	}
	return append(b, ']')
}

func appendError(b []byte, message string) []byte {
	b = append(b, `{"decision":false,"context":{"error":{"status":`...)
	b = strconv.AppendInt(b, http.StatusBadRequest, 10)
	b = appendText(append(b, `,"message":`...), message)
	return append(b, "}}}"...)
}

// appendText appends a JSON string.
func appendText(b []byte, s string) []byte {
	b, err := jsontext.AppendQuote(b, s)
	if err != nil {
		return append(b, `""`...) // not UTF-8, which the database does not store
	}
	return b
}

// A revision is the time and the id of the account's last event.

func revisionOf(a *team.Asker) (string, error) {
	r, err := a.Revision()
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(r.At.UnixMicro(), 36) + "." + r.ID, nil
}

// reached returns an error if the database has not reached the revision that the request demands.
func reached(a *team.Asker, q *request) error {
	if q.minRevision == "" {
		return nil
	}
	at, id, ok := strings.Cut(q.minRevision, ".")
	micros, err := strconv.ParseInt(at, 36, 64)
	if !ok || err != nil {
		return malformed("min_revision must be a revision from an earlier response.")
	}
	now, err := a.Revision()
	if err != nil {
		return err
	}
	if have := now.At.UnixMicro(); have < micros || have == micros && now.ID < id {
		return errRevision
	}
	return nil
}
