package rest

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"raff/api"
	"raff/internal/nearest"
	"raff/internal/team"
	"raff/internal/uuid"
)

const (
	maxLimit  = 1000
	maxOffset = 10_000

	// NowhereID is a UUID that no object has. It replaces a malformed id in a path, so that the response is the same as
	// for an unknown id.
	NowhereID = "00000000-0000-0000-0000-000000000000"
)

// ParseQuery parses the query string. It refuses unknown parameters, because a misspelled filter would otherwise select
// everything.
func ParseQuery(raw, allowed string) (url.Values, error) {
	if raw == "" || allowed == "*" {
		return nil, nil
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, Invalid("", "malformed_query", "The query string cannot be read. Percent-encode its values.")
	}
	names := strings.Fields(allowed)
	for name, values := range q {
		if !slices.Contains(names, name) {
			return nil, unknownParameter(name, names)
		}
		if len(values) > 1 {
			return nil, Invalid(name, "repeated_parameter", "%s was sent more than once. Send it once.", name)
		}
		if !team.IsText(values[0]) {
			return nil, Invalid(name, "invalid_"+name, "%s contains a NUL character or bytes that are not UTF-8.", name)
		}
	}
	return q, nil
}

func unknownParameter(name string, names []string) error {
	name = Shorten(name)
	if len(names) == 0 {
		return Invalid(name, "unknown_parameter", "This operation has no query parameters, but %q was sent.", name)
	}
	r := Invalid(name, "unknown_parameter", "Unknown query parameter %q. Known parameters: %s.", name, strings.Join(names, ", "))
	r.Suggestion = nearest.Name(name, names)
	return r
}

// Page parses limit, offset and cursor. After a cursor it asks for one extra row, to know whether there is a next page.
func (c *Call) Page(limit int) (team.Page, error) { return c.page(limit, false) }

// PageByName is Page for a list by name.
func (c *Call) PageByName(limit int) (team.Page, error) { return c.page(limit, true) }

func (c *Call) page(limit int, byName bool) (team.Page, error) {
	p := team.Page{Limit: limit}
	var err error
	if p.Limit, err = c.Integer("limit", limit, 1, maxLimit); err != nil {
		return p, err
	}
	if p.Offset, err = c.Integer("offset", 0, 0, 1<<31-1); err != nil {
		return p, err
	}
	if p.Offset > maxOffset {
		return p, tooFar(c.ByCursor)
	}
	if !c.Query.Has("cursor") {
		return p, nil
	}
	if c.Query.Has("offset") {
		return p, Invalid("offset", "cursor_and_offset", "Send cursor or offset, not both: a cursor already says where to continue.")
	}
	if p.After, err = parseCursor(c.Query.Get("cursor"), byName); err != nil {
		return p, err
	}
	p.Limit++
	return p, nil
}

// Integer reads a parameter that is a whole number from low to high.
func (c *Call) Integer(name string, otherwise, low, high int) (int, error) {
	if !c.Query.Has(name) {
		return otherwise, nil
	}
	text := c.Query.Get(name)
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high || strings.HasPrefix(text, "+") {
		return 0, Invalid(name, "invalid_"+name, "%s must be a whole number from %d to %d.", name, low, high)
	}
	return n, nil
}

// tooFar refuses an offset that is so large that many rows would have to be skipped.
func tooFar(cursor bool) error {
	if cursor {
		return Invalid("offset", "offset_too_large", "offset must be at most %d. To read further, pass the next_cursor of the previous page as cursor.", maxOffset)
	}
	return Invalid("offset", "offset_too_large", "offset must be at most %d. Use the filters of this list to select fewer rows.", maxOffset)
}

// PageOf converts rows to one page. at is nil for lists that have no cursor.
func PageOf[D, W any](p team.Page, rows []D, total int, wire func(*D) W, at func(*D) team.Cursor) api.Page[W] {
	return CountedPage(p, rows, team.Total{N: total}, wire, at)
}

// CountedPage is PageOf for lists that may be counted only in part.
func CountedPage[D, W any](p team.Page, rows []D, of team.Total, wire func(*D) W, at func(*D) team.Cursor) api.Page[W] {
	total := of.N
	more := p.Offset+len(rows) < total
	if p.After != nil {
		if more = len(rows) == p.Limit; more {
			rows = rows[:p.Limit-1]
		}
	}
	out := api.Page[W]{Success: true, Data: make([]W, len(rows)), Total: total, TotalIs: api.TotalExact}
	if of.AtLeast {
		out.TotalIs = api.TotalAtLeast
	}
	for i := range rows {
		out.Data[i] = wire(&rows[i])
	}
	if more && at != nil && len(rows) > 0 {
		end := at(&rows[len(rows)-1])
		if of.Once {
			end.Total = &of
		}
		out.NextCursor = formatCursor(end)
	}
	return out
}

// namedCursor is the first byte of the cursor of a list by name. No time until the year 200,000 begins with it.
const namedCursor = 0xff

// totalBytes is the length of the total in a cursor.
const totalBytes = 5

// A cursor is the base64url of 8 bytes of microseconds, the 16 bytes of an id and, for a list that is counted only once, the 4
// bytes of the total and a byte that is 1 if there may be more. That of a list by name has namedCursor, the total and the name.
func formatCursor(c team.Cursor) string {
	var b []byte
	if c.Name != "" {
		b = append(b, namedCursor)
		if c.Total == nil {
			c.Total = &team.Total{}
		}
	} else {
		b = binary.BigEndian.AppendUint64(b, uint64(c.At.UnixMicro()))
		id, _ := hex.DecodeString(strings.ReplaceAll(c.ID, "-", ""))
		b = append(b, id...)
	}
	if c.Total != nil {
		b = binary.BigEndian.AppendUint32(b, uint32(c.Total.N)) //nolint:gosec // at most a little more than maxOffset
		more := byte(0)
		if c.Total.AtLeast {
			more = 1
		}
		b = append(b, more)
	}
	return base64.RawURLEncoding.EncodeToString(append(b, c.Name...))
}

func totalIn(b []byte) *team.Total {
	return &team.Total{N: int(binary.BigEndian.Uint32(b)), AtLeast: b[totalBytes-1] == 1, Once: true}
}

// parseCursor reads a cursor of a list by time, or of one by name.
func parseCursor(text string, byName bool) (*team.Cursor, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if byName && err == nil && len(b) > 1+totalBytes && b[0] == namedCursor && utf8.Valid(b[1+totalBytes:]) {
		return &team.Cursor{Total: totalIn(b[1:]), Name: string(b[1+totalBytes:])}, nil
	}
	if byName || err != nil || len(b) != 24 && len(b) != 24+totalBytes {
		return nil, Invalid("cursor", "invalid_cursor", "cursor must be the next_cursor of an earlier page, unchanged.")
	}
	h := hex.EncodeToString(b[8:24])
	c := &team.Cursor{
		At: time.UnixMicro(int64(binary.BigEndian.Uint64(b))).UTC(), //nolint:gosec // written from an int64
		ID: h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:],
	}
	if len(b) > 24 {
		c.Total = totalIn(b[24:])
	}
	return c, nil
}

// Choice reads a parameter with a fixed set of values; "" if it is absent.
func (c *Call) Choice(name string, of ...string) (string, error) {
	if !c.Query.Has(name) {
		return "", nil
	}
	v := c.Query.Get(name)
	if !slices.Contains(of, v) {
		return "", Invalid(name, "invalid_"+name, "%s must be one of: %s.", name, strings.Join(of, ", "))
	}
	return v, nil
}

// UUID reads a parameter that is an id; "" if it is absent.
func (c *Call) UUID(name string) (string, error) {
	if !c.Query.Has(name) {
		return "", nil
	}
	return UUIDIn(name, c.Query.Get(name))
}

// Moment reads a parameter that is a time; zero if it is absent.
func (c *Call) Moment(name string) (time.Time, error) {
	if !c.Query.Has(name) {
		return time.Time{}, nil
	}
	return MomentIn(name, c.Query.Get(name))
}

// ExternalID reads the filter external_id.
func (c *Call) ExternalID() (x team.ExternalRef, err error) {
	if !c.Query.Has("external_id") {
		return x, nil
	}
	x, ok := team.ParseExternalRef(c.Query.Get("external_id"))
	if !ok {
		err = Invalid("external_id", "invalid_external_id", "external_id must have the form SOURCE:ID, such as okta:00u1.")
	}
	return x, err
}

// PathID is an id in the path.
func (c *Call) PathID(name string) string {
	if id := c.PathValue(name); uuid.Valid(id) {
		return id
	}
	return NowhereID
}

// Shorten truncates a text that is quoted in a message.
func Shorten(s string) string {
	n := 0
	for at := range s {
		if n++; n > 64 {
			return s[:at]
		}
	}
	return s
}
