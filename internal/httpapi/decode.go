package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"

	"raff/internal/nearest"
	"raff/internal/uuid"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxBody     = 64 << 10
	maxBulkBody = 256 << 10 // 500 members with the longest emails
	maxDepth    = 8
)

// decode reads the body into a pointer to a struct of package api.
func (c *call) decode(v any) error {
	body, err := c.read()
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return invalid("", "body_required", "This operation needs a JSON object as its body. Known fields: %s.", strings.Join(fieldNames(v), ", "))
	}
	return decode(body, v)
}

// decodeOptional is decode for operations that also work without a body.
func (c *call) decodeOptional(v any) error {
	body, err := c.read()
	if err != nil || len(body) == 0 {
		return err
	}
	return decode(body, v)
}

// read reads the whole body. The content type is only checked if there is a body.
func (c *call) read() ([]byte, error) {
	if c.ContentLength == 0 {
		return nil, nil
	}
	if c.ContentLength > c.maxBody {
		return nil, tooLarge(c.maxBody)
	}
	body, err := io.ReadAll(io.LimitReader(c.Body, c.maxBody+1))
	switch {
	case err != nil:
		return nil, invalid("", "incomplete_body", "The body ended before it was complete. Send the request again.")
	case len(body) == 0:
		return nil, nil
	case int64(len(body)) > c.maxBody:
		return nil, tooLarge(c.maxBody)
	}
	c.digest(body)
	return body, checkMedia(c.Header)
}

func tooLarge(limit int64) *refusal {
	return &refusal{status: http.StatusRequestEntityTooLarge, code: "body_too_large", message: fmt.Sprintf("The body is larger than %d KiB.", limit>>10)}
}

var (
	errNotJSON = &refusal{status: http.StatusUnsupportedMediaType, code: "unsupported_media_type", message: "Send the body as JSON, with the header Content-Type: application/json."}
	errEncoded = &refusal{status: http.StatusUnsupportedMediaType, code: "unsupported_media_type", message: "Send the body uncompressed, without Content-Encoding."}
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
	field := firstToken(semantic.JSONPointer)
	if errors.Is(err, json.ErrUnknownName) {
		return unknownField(shorten(field), fieldNames(v))
	}
	return invalid(field, "invalid_type", "%s must be %s.", field, wanted(v, field))
}

func unknownField(field string, names []string) error {
	if len(names) == 0 {
		return invalid(field, "unknown_field", "The body of this operation has no fields, but %q was sent. Remove it.", field)
	}
	r := invalid(field, "unknown_field", "Unknown field %q. Known fields: %s.", field, strings.Join(names, ", "))
	if r.suggestion = nearest.Name(field, names); r.suggestion != "" {
		r.message = fmt.Sprintf("Unknown field %q; did you mean %q? Known fields: %s.", field, r.suggestion, strings.Join(names, ", "))
	}
	return r
}

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
			return invalid("", "invalid_type", "The body must be a JSON object: {…}.")
		case !first && d.StackDepth() == 0 && t.Kind() != '}':
			return malformed("Unexpected data after the JSON object. Send exactly one object.")
		case d.StackDepth() > maxDepth:
			return malformed("The body is nested deeper than 8 levels.")
		case t.Kind() == '"' && strings.ContainsRune(t.String(), 0):
			return malformed("The body contains a NUL character.")
		case t.Kind() == 'n' && d.StackDepth() > 1:
			field := firstToken(d.StackPointer())
			if field == "external_ids" && d.StackDepth() == 2 {
				continue // removes the external id
			}
			return invalid(field, "invalid_type", "%s must not contain null.", field)
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
		field := shorten(s.JSONPointer.LastToken())
		return invalid(field, "duplicate_field", "The body has the field %q twice. Send it once.", field)
	case errors.As(err, &s):
		return invalid("", "malformed_json", "The body is not valid JSON at byte %d.", s.ByteOffset)
	}
	return malformed("The body is not valid JSON.")
}

func malformed(message string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: "malformed_json", message: message}
}

// firstToken is the top-level field of a JSON pointer.
func firstToken(p jsontext.Pointer) string {
	for t := range p.Tokens() {
		return t
	}
	return ""
}

func fieldNames(v any) []string {
	t := reflect.TypeOf(v).Elem()
	names := make([]string, t.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	return names
}

// wanted describes the expected type of a field.
func wanted(v any, field string) string {
	t := reflect.TypeOf(v).Elem()
	for i, name := range fieldNames(v) {
		if name != field {
			continue
		}
		f := t.Field(i).Type
		switch f.Kind() {
		case reflect.Struct: // api.Nullable
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
			return "an object with a string or null for each source"
		}
	}
	return "a string"
}

// required returns the value of a required field.
func required(field string, v *string) (string, error) {
	if v == nil {
		return "", invalid(field, "required", "%s is required.", field)
	}
	return *v, nil
}

// uuidOf returns an optional field that is an id; "" if it is absent.
func uuidOf(field string, v *string) (string, error) {
	if v == nil {
		return "", nil
	}
	return uuidIn(field, *v)
}

func uuidIn(field, v string) (string, error) {
	if !uuid.Valid(v) {
		return "", invalid(field, "invalid_uuid", "%s must be a UUID in canonical form: 36 characters, lower case.", field)
	}
	return v, nil
}

// momentIn parses a time: RFC 3339 with any offset. A time before 1970 becomes 1970, because the domain has no earlier
// times and uses the zero time for "never"; both are equally in the past.
func momentIn(field, v string) (time.Time, error) {
	var t time.Time
	// UnmarshalText is strict except that it accepts a comma before the fraction.
	if err := t.UnmarshalText([]byte(v)); err != nil || strings.Contains(v, ",") || t.UTC().Year() > 9999 {
		return t, invalid(field, "invalid_time", "%s must be a time such as 2030-01-31T12:00:00Z (RFC 3339).", field)
	}
	t = stamp(t)
	if epoch := time.Unix(0, 0).UTC(); t.Before(epoch) {
		return epoch, nil
	}
	return t, nil
}
