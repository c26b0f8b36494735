package store

import (
	"context"
	"fmt"
	"time"

	"raff/internal/permission"
	"raff/internal/signin"
	"raff/internal/store/engine"
	"raff/internal/team"
)

// The types and functions of package engine that every file of this package uses.
type (
	querier     = engine.Querier
	session     = engine.Session
	scanner     = engine.Scanner
	rows        = engine.Rows
	uid         = engine.UID
	text        = engine.Text
	ident       = engine.ID
	stamp       = engine.Stamp
	flag        = engine.Flag
	number      = engine.Number
	blob        = engine.Blob
	permissions = engine.Permissions
	accountLock = engine.Lock
	logEnd      = engine.LogEnd
)

// word is an argument for a column that has either an id or a word, such as the actor of an event.
type word string

// reader implements team.Reader on anything that runs queries.
type reader struct {
	q querier
	c *permission.Catalog
}

// one reads exactly one row. Without a row the error is team.ErrNotFound.
func one[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	if err := bind(args); err != nil {
		var none T
		return none, err
	}
	return engine.One(ctx, q, scan, query, args...)
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
	rs, err := q.Query(ctx, query, args)
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

// personID returns the user id of an actor, or empty for the operator, who has no user in the database.
func personID(id string) uid {
	if uid(id).Valid() {
		return uid(id)
	}
	return ""
}

// errNoText rejects, on both databases, text that only one of them could store. The API and the pages reject such text
// earlier and name the field.
var errNoText = team.RefusalInvalidText.With()

// bind converts arguments to the few types that both engines accept: nil, string, int64, bool, []byte and valid uids.
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
			case !v.Valid():
				return team.ErrNotFound
			default:
			}
		case word:
			switch {
			case uid(v).Valid():
				args[i] = uid(v)
			case !team.IsText(string(v)):
				return errNoText
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
