package rest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"raff/internal/nearest"
	"raff/internal/uuid"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxBody is the maximum size of a body, in bytes, if the operation has no other.
const MaxBody = 64 << 10

const maxDepth = 8

// Decode reads the body into a pointer to a struct of package api.
func (c *Call) Decode(v any) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return Invalid("", "body_required", "This operation needs a JSON object as its body. Known fields: %s.", strings.Join(fieldNames(v), ", "))
	}
	return decode(body, v)
}

// DecodeOptional is Decode for operations that also work without a body.
func (c *Call) DecodeOptional(v any) error {
	body, err := c.Read()
	if err != nil || len(body) == 0 {
		return err
	}
	return decode(body, v)
}

// Read reads the whole body. The content type is only checked if there is a body.
func (c *Call) Read() ([]byte, error) {
	if c.ContentLength == 0 {
		return nil, nil
	}
	if c.ContentLength > c.MaxBody {
		return nil, tooLarge(c.MaxBody)
	}
	body, err := io.ReadAll(io.LimitReader(c.Body, c.MaxBody+1))
	switch {
	case err != nil:
		return nil, Invalid("", "incomplete_body", "The body ended before it was complete. Send the request again.")
	case len(body) == 0:
		return nil, nil
	case int64(len(body)) > c.MaxBody:
		return nil, tooLarge(c.MaxBody)
	}
	if c.Digest != nil {
		c.Digest(body)
	}
	return body, checkMedia(c.Header)
}

func tooLarge(limit int64) *Refusal {
	return &Refusal{Status: http.StatusRequestEntityTooLarge, Code: "body_too_large", Message: fmt.Sprintf("The body is larger than %d KiB.", limit>>10)}
}

var (
	errNotJSON = &Refusal{Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type", Message: "Send the body as JSON, with the header Content-Type: application/json."}
	errEncoded = &Refusal{Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type", Message: "Send the body uncompressed, without Content-Encoding."}
)

// checkMedia accepts JSON in UTF-8, not compressed.
func checkMedia(h http.Header) error {
	for _, enc := range h["Content-Encoding"] {
		if !strings.EqualFold(enc, "identity") {
			return errEncoded
		}
	}
	types := h["Content-Type"]
	if len(types) != 1 {
		return errNotJSON
	}
	if types[0] == "application/json" {
		return nil
	}
	media, params, err := mime.ParseMediaType(types[0])
	if err != nil || media != "application/json" {
		return errNotJSON
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return errNotJSON
		}
	}
	return nil
}

// decode reads one JSON object strictly: no duplicate, unknown or differently cased names, no data after it, no NUL,
// valid UTF-8, at most 8 levels.
func decode(body []byte, v any) error {
	if err := scan(body); err != nil {
		return err
	}
	err := json.Unmarshal(body, v, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return malformed("The body is not valid JSON.")
	}
	at := placeOf(v, semantic.JSONPointer)
	if errors.Is(err, json.ErrUnknownName) {
		return at.unknown()
	}
	return Invalid(at.field(), "invalid_type", "%s must be %s.", at.text(), at.wanted())
}

// place is a field of a body, or of an object in it.
type place struct {
	// in is the struct that the field belongs to, or should belong to.
	in reflect.Type
	// objects are the fields with lists that lead to the object, and indexed the same with the positions in the lists.
	objects, indexed []string
	name             string
	// item says that the place is an object in the list of the field, and not the field.
	item bool
}

// placeOf follows a pointer through a struct of package api and the lists of structs in it.
func placeOf(v any, p jsontext.Pointer) place {
	at := place{in: reflect.TypeOf(v).Elem()}
	inside := reflect.Type(nil)
	for token := range p.Tokens() {
		if inside != nil && !at.item {
			at.item = true
			at.indexed = append(at.indexed, at.name+"["+token+"]")
			continue
		}
		if at.item {
			at.objects, at.in, at.item = append(at.objects, at.name), inside, false
		}
		at.name, inside = Shorten(token), nil
		for i, name := range namesOf(at.in) {
			if f := listed(at.in.Field(i).Type); name == token && f != nil {
				inside = f
			}
		}
		if inside == nil {
			break // what is in it has names of its own, or none
		}
	}
	return at
}

// listed returns the struct of a list of structs; nil for any other type.
func listed(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Struct {
		return nil
	}
	return t.Elem()
}

// field is the name of the place in errors.
func (p place) field() string { return strings.Join(append(slices.Clip(p.objects), p.name), ".") }

// text is the place with positions in lists.
func (p place) text() string {
	if p.item {
		return strings.Join(p.indexed, ".")
	}
	return strings.Join(append(slices.Clip(p.indexed), p.name), ".")
}

func (p place) wanted() string {
	if p.item {
		return "an object"
	}
	return wanted(p.in, p.name)
}

func (p place) unknown() error {
	names, in := namesOf(p.in), ""
	if len(names) == 0 {
		return Invalid(p.name, "unknown_field", "The body of this operation has no fields, but %q was sent. Remove it.", p.name)
	}
	if len(p.indexed) > 0 {
		in = " in " + strings.Join(p.indexed, ".")
	}
	r := Invalid(p.field(), "unknown_field", "Unknown field %q%s. Known fields: %s.", p.name, in, strings.Join(names, ", "))
	if r.Suggestion = nearest.Name(p.name, names); r.Suggestion != "" {
		r.Message = fmt.Sprintf("Unknown field %q%s; did you mean %q? Known fields: %s.", p.name, in, r.Suggestion, strings.Join(names, ", "))
	}
	return r
}

// nullable are the fields whose entries are removed by null.
var nullable = map[string]bool{"external_ids": true, "attributes": true, "limits": true, "branding": true}

// scan refuses what json.Unmarshal accepts or does not distinguish.
func scan(body []byte) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(body))
	for first := true; ; first = false {
		t, err := d.ReadToken()
		switch {
		case errors.Is(err, io.EOF) && !first:
			return nil
		case err != nil:
			return syntax(err)
		case first && t.Kind() != '{':
			return Invalid("", "invalid_type", "The body must be a JSON object: {…}.")
		case !first && d.StackDepth() == 0 && t.Kind() != '}':
			return malformed("Unexpected data after the JSON object. Send exactly one object.")
		case d.StackDepth() > maxDepth:
			return malformed("The body is nested deeper than 8 levels.")
		case t.Kind() == '"' && strings.ContainsRune(t.String(), 0):
			return malformed("The body contains a NUL character.")
		case t.Kind() == 'n' && d.StackDepth() > 1:
			field := firstToken(d.StackPointer())
			if nullable[field] && d.StackDepth() == 2 {
				continue // removes that entry
			}
			return Invalid(field, "invalid_type", "%s must not contain null.", field)
		}
	}
}

// syntax explains a syntax error of the body. It only quotes a field name, never other parts of the body.
func syntax(err error) error {
	var s *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return malformed("The JSON of the body ends too early.")
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &s):
		field := Shorten(s.JSONPointer.LastToken())
		return Invalid(field, "duplicate_field", "The body has the field %q twice. Send it once.", field)
	case errors.As(err, &s):
		return Invalid("", "malformed_json", "The body is not valid JSON at byte %d.", s.ByteOffset)
	}
	return malformed("The body is not valid JSON.")
}

func malformed(message string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Code: "malformed_json", Message: message}
}

// firstToken is the top-level field of a JSON pointer.
func firstToken(p jsontext.Pointer) string {
	for t := range p.Tokens() {
		return t
	}
	return ""
}

func fieldNames(v any) []string { return namesOf(reflect.TypeOf(v).Elem()) }

func namesOf(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	return names
}

// wanted describes the expected type of a field.
func wanted(t reflect.Type, field string) string {
	for i, name := range namesOf(t) {
		if name != field {
			continue
		}
		f := t.Field(i).Type
		if listed(f) != nil {
			return "a list of objects"
		}
		switch f.Kind() {
		case reflect.Struct: // api.Nullable
			if value, ok := f.FieldByName("Value"); ok && value.Type.Kind() == reflect.Int {
				return "a whole number or null"
			} else if ok && value.Type.Kind() == reflect.Map {
				return "null, or an object with a string or null for each name"
			}
			return "a string or null"
		case reflect.Map:
			return "an object with a string for each source"
		}
		switch f.Elem().Kind() {
		case reflect.Bool:
			return "true or false"
		case reflect.Int:
			return "a whole number"
		case reflect.Slice:
			return "a list of strings"
		case reflect.Map:
			value, key := "a string", "name"
			if e := f.Elem().Elem(); e.Kind() == reflect.Pointer && e.Elem().Kind() == reflect.Int {
				value = "a whole number"
			}
			if name == "external_ids" {
				key = "source"
			}
			return "an object with " + value + " or null for each " + key
		}
	}
	return "a string"
}

// Required returns the value of a required field.
func Required(field string, v *string) (string, error) {
	if v == nil {
		return "", Invalid(field, "required", "%s is required.", field)
	}
	return *v, nil
}

// UUIDOf returns an optional field that is an id; "" if it is absent.
func UUIDOf(field string, v *string) (string, error) {
	if v == nil {
		return "", nil
	}
	return UUIDIn(field, *v)
}

// UUIDIn checks an id.
func UUIDIn(field, v string) (string, error) {
	if !uuid.Valid(v) {
		return "", Invalid(field, "invalid_uuid", "%s must be a UUID in canonical form: 36 characters, lower case.", field)
	}
	return v, nil
}

// MomentIn parses a time: RFC 3339 with any offset. A time before 1970 becomes 1970, because the domain has no earlier
// times and uses the zero time for "never"; both are equally in the past.
func MomentIn(field, v string) (time.Time, error) {
	var t time.Time
	// UnmarshalText is strict except that it accepts a comma before the fraction.
	if err := t.UnmarshalText([]byte(v)); err != nil || strings.Contains(v, ",") || t.UTC().Year() > 9999 {
		return t, Invalid(field, "invalid_time", "%s must be a time such as 2030-01-31T12:00:00Z (RFC 3339).", field)
	}
	t = Stamp(t)
	if epoch := time.Unix(0, 0).UTC(); t.Before(epoch) {
		return epoch, nil
	}
	return t, nil
}
