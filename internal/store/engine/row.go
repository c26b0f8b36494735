package engine

import (
	"context"
	"fmt"

	"raff/internal/team"
)

// One reads exactly one row. Without a row the error is team.ErrNotFound.
func One[T any](ctx context.Context, q Querier, scan func(Scanner) (T, error), query string, args ...any) (T, error) {
	var v T
	rs, err := q.Query(ctx, query, args)
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

// ScanNumber reads a row that consists of an integer column.
func ScanNumber(s Scanner) (n int, err error) {
	err = s.Scan((*Number)(&n))
	return n, err
}

// ScanText reads a row that consists of a text column.
func ScanText(s Scanner) (v string, err error) {
	err = s.Scan((*Text)(&v))
	return v, err
}

// ScanID reads a row that consists of an id column.
func ScanID(s Scanner) (v string, err error) {
	err = s.Scan((*ID)(&v))
	return v, err
}

// ScanBlob reads a row that consists of a binary column.
func ScanBlob(s Scanner) (b []byte, err error) {
	err = s.Scan((*Blob)(&b))
	return b, err
}

// ScanFlag reads a row that consists of a boolean column.
func ScanFlag(s Scanner) (b bool, err error) {
	err = s.Scan((*Flag)(&b))
	return b, err
}
