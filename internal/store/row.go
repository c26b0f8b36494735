package store

import (
	"context"
	"fmt"
	"time"

	"raff/internal/permission"
	"raff/internal/signin"
	"raff/internal/team"
)

// reader implements team.Reader on anything that runs queries.
type reader struct {
	q querier
	c *permission.Catalog
}

// one reads exactly one row. Without a row the error is team.ErrNotFound.
func one[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	var v T
	if err := bind(args); err != nil {
		return v, err
	}
	rs, err := q.query(ctx, query, args)
	if err != nil {
		return v, err
	}
	defer rs.Close()
	if !rs.Next() {
		if err := rs.Err(); err != nil {
			return v, err
		}
		return v, team.ErrNotFound
	}
	if v, err = scan(rs); err != nil {
		return v, fmt.Errorf("read row: %w", err)
	}
	return v, rs.Err()
}

// ofAccount hides a row of another account. Rows are looked up by id alone and compared afterwards: PostgreSQL plans a
// query while tables are nearly empty and keeps the plan while they grow. With the account or scope in the condition,
// the plan might walk through all rows of the account.
func ofAccount[T any](v T, err error, mine bool) (T, error) {
	if err == nil && !mine {
		var none T
		return none, team.ErrNotFound
	}
	return v, err
}

// many reads all rows.
func many[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	return sized(ctx, q, scan, func() int { return 0 }, query, args...)
}

// sized is many with a size hint: size is called once, after the first row was read.
func sized[T any](ctx context.Context, q querier, scan func(scanner) (T, error), size func() int, query string, args ...any) ([]T, error) {
	if err := bind(args); err != nil {
		return nil, err
	}
	rs, err := q.query(ctx, query, args)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var vs []T
	for rs.Next() {
		v, err := scan(rs)
		if err != nil {
			return nil, fmt.Errorf("read row: %w", err)
		}
		if vs == nil {
			vs = make([]T, 0, size())
		}
		vs = append(vs, v)
	}
	return vs, rs.Err()
}

func scanNumber(s scanner) (n int, err error) {
	err = s.Scan((*number)(&n))
	return n, err
}

func scanText(s scanner) (v string, err error) {
	err = s.Scan((*text)(&v))
	return v, err
}

func scanBlob(s scanner) (b []byte, err error) {
	err = s.Scan((*blob)(&b))
	return b, err
}

func scanFlag(s scanner) (b bool, err error) {
	err = s.Scan((*flag)(&b))
	return b, err
}

// uid is an argument for an id column; empty is NULL. Text that is not a UUID in canonical form is not the id of
// anything: the query then returns team.ErrNotFound without being sent, so that it cannot abort the transaction.
type uid string

func (u uid) valid() bool {
	if len(u) != 36 {
		return false
	}
	for i := range len(u) {
		switch c := u[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f':
		default:
			return false
		}
	}
	return true
}

// personID returns the user id of an actor, or empty for the operator, who has no user in the database.
func personID(id string) uid {
	if uid(id).valid() {
		return uid(id)
	}
	return ""
}

// errNoText rejects, on both databases, text that only one of them could store. The API and the pages reject such text
// earlier and name the field.
var errNoText = &team.Error{Kind: team.KindInvalid, Code: "invalid_text", Message: "A text of the request contains a NUL character or bytes that are not UTF-8. Remove them."}

// bind converts arguments to the few types that both drivers accept directly: nil, string, int64, bool and []byte.
func bind(args []any) error {
	for i, a := range args {
		switch v := a.(type) {
		case nil, int64, bool:
		case string:
			if !team.IsText(v) {
				return errNoText
			}
		case uid:
			switch {
			case v == "":
				args[i] = nil
			case !v.valid():
				return team.ErrNotFound
			default:
				args[i] = string(v)
			}
		case time.Time:
			if args[i] = nil; !v.IsZero() {
				args[i] = v.UnixMicro()
			}
		case []byte:
			if v == nil {
				args[i] = nil
			}
		case int:
			args[i] = int64(v)
		case team.Status:
			args[i] = string(v)
		case team.PrincipalType:
			args[i] = string(v)
		case team.Counted:
			args[i] = string(v)
		case permission.Scope:
			args[i] = string(v)
		case team.InvitationState:
			args[i] = string(v)
		case team.MessageKind:
			args[i] = string(v)
		case signin.FactorKind:
			args[i] = string(v)
		default:
			panic(fmt.Sprintf("argument %d has type %T, which bind does not know", i+1, a))
		}
	}
	return nil
}

// The types below are scan destinations for columns. Each has the underlying type of a field and a Scan method, so that
// a row is decoded without reflection and NULL becomes the zero value.

type text string

func (t *text) Scan(v any) error {
	switch v := v.(type) {
	case string:
		*t = text(v)
	case []byte:
		*t = text(v)
	case nil:
		*t = ""
	default:
		return fmt.Errorf("text column holds %T", v)
	}
	return nil
}

// set keeps the current string if it is equal, because the rows of a list share most of their texts.
func (t *text) set(b []byte) {
	if string(b) != string(*t) {
		*t = text(b)
	}
}

type stamp time.Time

func stampOf(micros int64) stamp {
	if micros == 0 {
		return stamp{}
	}
	return stamp(time.UnixMicro(micros).UTC())
}

func (t *stamp) Scan(v any) error {
	switch v := v.(type) {
	case int64:
		*t = stampOf(v)
	case nil:
		*t = stamp{}
	default:
		return fmt.Errorf("time column holds %T", v)
	}
	return nil
}

type flag bool

func (f *flag) Scan(v any) error {
	switch v := v.(type) {
	case bool:
		*f = flag(v)
	case int64:
		*f = v != 0
	case nil:
		*f = false
	default:
		return fmt.Errorf("boolean column holds %T", v)
	}
	return nil
}

type number int

func (n *number) Scan(v any) error {
	switch v := v.(type) {
	case int64:
		*n = number(v)
	case nil:
		*n = 0
	default:
		return fmt.Errorf("integer column holds %T", v)
	}
	return nil
}

type blob []byte

func (b *blob) Scan(v any) error {
	switch v := v.(type) {
	case []byte:
		*b = v
	case nil:
		*b = nil
	default:
		return fmt.Errorf("binary column holds %T", v)
	}
	return nil
}

// permissions scans the text form of a role's permissions.
type permissions struct {
	text
	c   *permission.Catalog
	set *permission.Set
}

func (p *permissions) Scan(v any) error {
	if err := p.text.Scan(v); err != nil {
		return err
	}
	p.decode()
	return nil
}

func (p *permissions) decode() { *p.set = p.c.Decode(string(p.text)) }
