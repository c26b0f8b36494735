package client

import (
	"context"
	"iter"
	"net/http"

	"raff/api"
)

const (
	keysPath = "/api/v1/api-keys"
	keyPath  = "/api/v1/api-keys/%s"
)

// APIKeyService works on the API keys of the account.
type APIKeyService struct{ c *Client }

// ListAPIKeysOptions selects a part of the list.
type ListAPIKeysOptions struct {
	ListOptions
}

// List returns one page of keys, in order of creation.
func (s *APIKeyService) List(ctx context.Context, o ListAPIKeysOptions) (*api.Page[api.APIKey], error) {
	return list[api.APIKey](ctx, s.c, keysPath, o.query())
}

// All walks the keys to the end, a page at a time.
func (s *APIKeyService) All(ctx context.Context, o ListAPIKeysOptions) iter.Seq2[api.APIKey, error] {
	return all(o.ListOptions, func(lo ListOptions) (*api.Page[api.APIKey], error) {
		o := o
		o.ListOptions = lo
		return s.List(ctx, o)
	})
}

// Get returns one key, without its secret.
func (s *APIKeyService) Get(ctx context.Context, id string) (*api.APIKey, error) {
	return get[api.APIKey](ctx, s.c, keyPath, id)
}

// Create makes a key. The secret is in this answer and nowhere else; with ErrSecretLost the key is returned without it.
func (s *APIKeyService) Create(ctx context.Context, in api.CreateAPIKeyRequest, opts ...CallOption) (*api.APIKeyWithSecret, error) {
	return withSecret(fetch[api.APIKeyWithSecret](ctx, s.c, request{method: http.MethodPost, path: keysPath, body: in}, opts...))
}

// Update changes name, tier, expiry or whether the key works. Revoke ends it for good.
func (s *APIKeyService) Update(ctx context.Context, id string, in api.UpdateAPIKeyRequest, opts ...CallOption) (*api.APIKey, error) {
	return write[api.APIKey](ctx, s.c, http.MethodPatch, in, opts, keyPath, id)
}

// Regenerate gives the key another secret; id, name and roles stay. The secret is in this answer and nowhere else; with
// ErrSecretLost the key is returned without it.
func (s *APIKeyService) Regenerate(ctx context.Context, id string, in api.RegenerateAPIKeyRequest, opts ...CallOption) (*api.APIKeyWithSecret, error) {
	var body any
	if in.GraceSeconds != nil {
		body = in
	}
	return withSecret(post[api.APIKeyWithSecret](ctx, s.c, body, opts, keyPath+"/regenerate", id))
}

// Revoke ends a key and all its roles at once.
func (s *APIKeyService) Revoke(ctx context.Context, id string) (*api.Done, error) {
	return del(ctx, s.c, nil, keyPath, id)
}

// withSecret notices the repeated answer to an idempotent call, which leaves the secret out.
func withSecret(k *api.APIKeyWithSecret, err error) (*api.APIKeyWithSecret, error) {
	if err == nil && k.Secret == "" {
		err = ErrSecretLost
	}
	return k, err
}
