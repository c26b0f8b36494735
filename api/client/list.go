package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"raff/api"
)

// pageSize is the maximum page size of the server.
const pageSize = 1000

// ListOptions select a part of a list. Limit is 1 to 1000; zero means the server's default in List, and 1000 per page in
// All. Cursor is the NextCursor of an earlier page and takes precedence over Offset.
type ListOptions struct {
	Limit  int
	Offset int
	Cursor string
}

func (o ListOptions) query() url.Values {
	q := url.Values{}
	setInt(q, "limit", o.Limit)
	if o.Cursor != "" {
		q.Set("cursor", o.Cursor)
	} else {
		setInt(q, "offset", o.Offset)
	}
	return q
}

func setInt(q url.Values, name string, n int) {
	if n != 0 {
		q.Set(name, strconv.Itoa(n))
	}
}

func setTime(q url.Values, name string, t time.Time) {
	if !t.IsZero() {
		q.Set(name, t.UTC().Format(time.RFC3339Nano))
	}
}

func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

// list performs a call that returns one page.
func list[T any](ctx context.Context, c *Client, path string, q url.Values) (*api.Page[T], error) {
	r := request{method: http.MethodGet, path: path, query: q}
	var p api.Page[T]
	if err := c.send(ctx, r, &p); err != nil {
		return nil, err
	}
	if !p.Success {
		return nil, notRaff(r)
	}
	return &p, nil
}

// all iterates over a list from o to its end, by cursor if the server returns one. It stops after an error.
func all[T any](o ListOptions, page func(ListOptions) (*api.Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if o.Limit == 0 {
			o.Limit = pageSize
		}
		for o := o; ; {
			p, err := page(o)
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, row := range p.Data {
				if !yield(row, nil) {
					return
				}
			}
			if p.NextCursor != "" && p.NextCursor != o.Cursor {
				o.Cursor = p.NextCursor
				continue
			}
			o.Offset += len(p.Data)
			counted := p.Total > 0 // the server may omit the total of the list of roles
			if o.Cursor != "" || len(p.Data) == 0 || counted && o.Offset >= p.Total || !counted && len(p.Data) < o.Limit {
				return
			}
		}
	}
}

// pathOf inserts ids into a path such as "/api/v1/members/%s".
func pathOf(format string, ids ...string) (string, error) {
	escaped := make([]any, len(ids))
	for i, id := range ids {
		// These would be interpreted as another path, such as that of the whole list.
		if id == "" || id == "." || id == ".." {
			return "", fmt.Errorf("%q is not an id", id)
		}
		escaped[i] = url.PathEscape(id)
	}
	return fmt.Sprintf(format, escaped...), nil
}
