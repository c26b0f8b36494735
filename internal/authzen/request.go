package authzen

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"raff/internal/permission"
	"raff/internal/team"
)

// part is a subject, an action or a resource.
type part struct {
	present    bool
	kind, id   string // an action has only id, its name
	properties jsontext.Value
	wrong      string // what is wrong with it; empty: nothing
}

// triple is one question as sent.
type triple struct{ subject, action, resource part }

// request is the body of a request to any of the endpoints.
type request struct {
	triple
	evaluations []triple
	tooMany     bool
	semantic    string
	token       string
	limit       int
	minRevision string
	catalog     string // proposed; empty: the one in use
}

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// parse reads the body. It ignores unknown members. The request is valid until the buffer is released.
func (b *buffer) parse() (*request, error) {
	if len(bytes.TrimSpace(b.in)) == 0 {
		return nil, malformed("The body must be a JSON object.")
	}
	b.body = *bytes.NewBuffer(b.in)
	d, q := &b.decoder, &b.request
	d.Reset(&b.body)
	if d.PeekKind() != '{' {
		return nil, malformed("The body must be a JSON object.")
	}
	*q = request{semantic: executeAll, limit: defaultLimit, evaluations: q.evaluations[:0]}
	if err := q.read(d); err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, malformed("Unexpected data after the JSON object. Send exactly one object.")
	}
	return q, nil
}

func (q *request) read(d *jsontext.Decoder) error {
	return object(d, func(name string) error {
		switch name {
		case "evaluations":
			return q.readEvaluations(d)
		case "options":
			return optional(d, '{', "options must be an object.", func(name string) error {
				if name != "evaluations_semantic" {
					return skip(d)
				}
				return text(d, &q.semantic, "options.evaluations_semantic must be a string.")
			})
		case "page":
			return q.readPage(d)
		case "min_revision":
			return text(d, &q.minRevision, "min_revision must be a string.")
		case "catalog":
			return text(d, &q.catalog, "catalog must be a string: a catalog in YAML.")
		case "context":
			return optional(d, '{', "context must be an object.", func(string) error { return skip(d) })
		}
		return q.readPart(d, name)
	})
}

// readPart reads the member if it is a part of the triple.
func (t *triple) readPart(d *jsontext.Decoder, name string) error {
	switch name {
	case "subject":
		return t.subject.read(d, name, "id")
	case "action":
		return t.action.read(d, name, "name")
	case "resource":
		return t.resource.read(d, name, "id")
	}
	return skip(d)
}

// read reads a part. An error in it is stored for the response, because it only matters if the part is used.
func (p *part) read(d *jsontext.Decoder, what, idName string) error {
	*p = part{present: true}
	if d.PeekKind() != '{' {
		if p.present = d.PeekKind() != 'n'; p.present {
			p.wrong = what + " must be an object."
		}
		return skip(d)
	}
	return object(d, func(name string) error {
		to := &p.id
		switch name {
		case "properties":
			if d.PeekKind() == 'n' {
				return skip(d)
			}
			if d.PeekKind() != '{' {
				p.wrong = what + ".properties must be an object."
			}
			v, err := d.ReadValue()
			if err != nil {
				return syntax(err)
			}
			p.properties = bytes.Clone(v)
			return nil
		case idName:
		case "type":
			if to = &p.kind; what != "action" {
				break
			}
			fallthrough
		default:
			return skip(d)
		}
		if d.PeekKind() != '"' {
			p.wrong = what + "." + name + " must be a string."
			return skip(d)
		}
		t, err := d.ReadToken()
		if err != nil {
			return syntax(err)
		}
		*to = t.String()
		return nil
	})
}

func (q *request) readEvaluations(d *jsontext.Decoder) error {
	if d.PeekKind() == 'n' {
		return skip(d)
	}
	if d.PeekKind() != '[' {
		return malformed("evaluations must be an array.")
	}
	if _, err := d.ReadToken(); err != nil {
		return syntax(err)
	}
	for d.PeekKind() != ']' {
		if q.tooMany = len(q.evaluations) == MaxEvaluations; q.tooMany {
			return malformed("evaluations has more than " + strconv.Itoa(MaxEvaluations) + " entries. Send several requests.")
		}
		var t triple
		if d.PeekKind() != '{' {
			t.subject = part{present: true, wrong: "An evaluation must be an object."}
			if err := skip(d); err != nil {
				return err
			}
		} else if err := object(d, func(name string) error { return t.readPart(d, name) }); err != nil {
			return err
		}
		q.evaluations = append(q.evaluations, t)
	}
	_, err := d.ReadToken()
	return syntax(err)
}

func (q *request) readPage(d *jsontext.Decoder) error {
	return optional(d, '{', "page must be an object.", func(name string) error {
		switch name {
		case "token":
			return text(d, &q.token, "page.token must be a string.")
		case "limit":
			if d.PeekKind() == 'n' {
				return skip(d)
			}
			v, err := d.ReadValue()
			if err != nil {
				return syntax(err)
			}
			n, err := strconv.Atoi(string(v))
			if err != nil || n < 1 {
				return malformed("page.limit must be a whole number of at least 1.")
			}
			q.limit = min(n, maxLimit)
			return nil
		}
		return skip(d)
	})
}

// object reads an object. member reads the value of each member.
func object(d *jsontext.Decoder, member func(name string) error) error {
	if _, err := d.ReadToken(); err != nil {
		return syntax(err)
	}
	for d.PeekKind() != '}' {
		v, err := d.ReadValue()
		if err != nil {
			return syntax(err)
		}
		if err := member(nameOf(v)); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return syntax(err)
}

// nameOf returns the name of a member of an object, without allocating memory for the usual ones.
func nameOf(v jsontext.Value) string {
	if bytes.IndexByte(v, '\\') >= 0 {
		b, _ := jsontext.AppendUnquote(nil, v) // the decoder has checked it
		return string(b)
	}
	switch name := v[1 : len(v)-1]; string(name) {
	case "subject":
		return "subject"
	case "action":
		return "action"
	case "resource":
		return "resource"
	case "type":
		return "type"
	case "id":
		return "id"
	case "name":
		return "name"
	default:
		return string(name)
	}
}

// optional reads an object that may be absent or null.
func optional(d *jsontext.Decoder, kind jsontext.Kind, wrong string, member func(name string) error) error {
	switch d.PeekKind() {
	case kind:
		return object(d, member)
	case 'n':
		return skip(d)
	}
	return malformed(wrong)
}

func text(d *jsontext.Decoder, to *string, wrong string) error {
	if d.PeekKind() == 'n' {
		return skip(d)
	}
	if d.PeekKind() != '"' {
		return malformed(wrong)
	}
	t, err := d.ReadToken()
	if err != nil {
		return syntax(err)
	}
	*to = t.String()
	return nil
}

func skip(d *jsontext.Decoder) error { return syntax(d.SkipValue()) }

func syntax(err error) error {
	if err != nil {
		return malformed("The body is not valid JSON.")
	}
	return nil
}

// missing returns what is missing or wrong in a part; empty if nothing is.
func (p *part) missing(what string, id, kind bool) string {
	switch {
	case !p.present:
		return what + " is required."
	case p.wrong != "":
		return p.wrong
	case kind && p.kind == "":
		return what + ".type is required."
	case id && p.id == "":
		if what == "action" {
			return "action.name is required."
		}
		return what + ".id is required."
	}
	return ""
}

// question returns the question of a triple, or what is wrong with it.
func (t *triple) question() (team.Question, string) {
	for _, wrong := range []string{t.subject.missing("subject", true, true), t.action.missing("action", true, false), t.resource.missing("resource", true, true)} {
		if wrong != "" {
			return team.Question{}, wrong
		}
	}
	return t.ask(), ""
}

func (t *triple) ask() team.Question {
	q := team.Question{
		SubjectType: t.subject.kind, SubjectID: t.subject.id, Action: t.action.id, ResourceType: t.resource.kind, ResourceID: t.resource.id,
	}
	if t.subject.properties != nil || t.action.properties != nil || t.resource.properties != nil {
		q.Properties = t
	}
	return q
}

// or returns the triple with the parts of the defaults in place of absent ones.
func (t triple) or(defaults *triple) triple {
	for _, p := range []struct{ own, other *part }{{&t.subject, &defaults.subject}, {&t.action, &defaults.action}, {&t.resource, &defaults.resource}} {
		if !p.own.present {
			*p.own = *p.other
		}
	}
	return t
}

// Property implements team.Properties. It reads the properties anew each time, because few permissions look at any.
func (t *triple) Property(of permission.Part, name string) permission.Value {
	properties := t.resource.properties
	switch of {
	case permission.PartSubject:
		properties = t.subject.properties
	case permission.PartAction:
		properties = t.action.properties
	}
	if properties == nil {
		return ""
	}
	var found permission.Value
	d := jsontext.NewDecoder(bytes.NewBuffer(properties))
	_ = object(d, func(member string) error { // was read before, so it is valid
		if member != name {
			return skip(d)
		}
		switch d.PeekKind() {
		case '"', '0', 't', 'f':
			v, err := d.ReadToken()
			if err != nil {
				return err
			}
			switch v.Kind() {
			case '"':
				found = permission.Text(v.String())
			case '0':
				f, err := v.Float()
				if err != nil {
					return err
				}
				found = permission.Number(f)
			default:
				found = permission.Bool(v.Bool())
			}
			return nil
		}
		return skip(d)
	})
	return found
}
