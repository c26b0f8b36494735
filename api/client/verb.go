package client

import (
	"context"
	"net/http"
	"net/url"

	"raff/api"
)

// get reads the object at a path with ids.
func get[T any](ctx context.Context, c *Client, format string, ids ...string) (*T, error) {
	path, err := pathOf(format, ids...)
	if err != nil {
		return nil, err
	}
	return fetch[T](ctx, c, request{method: http.MethodGet, path: path})
}

// post creates something or performs an action at a path with ids; in is nil for no body.
func post[T any](ctx context.Context, c *Client, in any, opts []CallOption, format string, ids ...string) (*T, error) {
	path, err := pathOf(format, ids...)
	if err != nil {
		return nil, err
	}
	return fetch[T](ctx, c, request{method: http.MethodPost, path: path, body: in}, opts...)
}

// write changes the object at a path with ids.
func write[T any](ctx context.Context, c *Client, method string, in any, opts []CallOption, format string, ids ...string) (*T, error) {
	path, err := pathOf(format, ids...)
	if err != nil {
		return nil, err
	}
	return fetch[T](ctx, c, request{method: method, path: path, body: in}, opts...)
}

// del deletes the object at a path with ids.
func del(ctx context.Context, c *Client, q url.Values, format string, ids ...string) (*api.Done, error) {
	path, err := pathOf(format, ids...)
	if err != nil {
		return nil, err
	}
	return remove(ctx, c, request{method: http.MethodDelete, path: path, query: q})
}
