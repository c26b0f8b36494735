package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"raff/api"
)

const (
	keysPath = "/api/v1/api-keys"
	keyPath  = "/api/v1/api-keys/%s"
)

// APIKeyService manages the API keys of the account.
type APIKeyService struct{ c *Client }

// ListAPIKeysOptions are the options of APIKeyService.List and All.
type ListAPIKeysOptions struct {
	ExternalID string // only the key with this external id, SOURCE:ID
	ListOptions
}

func (o ListAPIKeysOptions) query() url.Values {
	q := o.ListOptions.query()
	set(q, "external_id", o.ExternalID)
	return q
}

// List returns one page of API keys, in order of creation.
func (s *APIKeyService) List(ctx context.Context, o ListAPIKeysOptions) (*api.Page[api.APIKey], error) {
	return list[api.APIKey](ctx, s.c, keysPath, o.query())
}

// All iterates over all API keys, fetching one page at a time.
func (s *APIKeyService) All(ctx context.Context, o ListAPIKeysOptions) iter.Seq2[api.APIKey, error] {
	return all(o.ListOptions, func(lo ListOptions) (*api.Page[api.APIKey], error) {
		o := o
		o.ListOptions = lo
		return s.List(ctx, o)
	})
}

// Get returns an API key, without its secret.
func (s *APIKeyService) Get(ctx context.Context, id string) (*api.APIKey, error) {
	return get[api.APIKey](ctx, s.c, keyPath, id)
}

// Create creates an API key. The response is the only one with the secret. With ErrSecretLost, the key is returned without
// it.
func (s *APIKeyService) Create(ctx context.Context, in api.CreateAPIKeyRequest, opts ...CallOption) (*api.APIKeyWithSecret, error) {
	return withSecret(fetch[api.APIKeyWithSecret](ctx, s.c, request{method: http.MethodPost, path: keysPath, body: in}, opts...))
}

// Update changes name, tier or expiry of an API key, or disables or enables it. To end a key permanently, use Revoke.
func (s *APIKeyService) Update(ctx context.Context, id string, in api.UpdateAPIKeyRequest, opts ...CallOption) (*api.APIKey, error) {
	return write[api.APIKey](ctx, s.c, http.MethodPatch, in, opts, keyPath, id)
}

// Regenerate rotates the secret of an API key; id, name and roles stay the same. The response is the only one with the
// secret. With ErrSecretLost, the key is returned without it.
func (s *APIKeyService) Regenerate(ctx context.Context, id string, in api.RegenerateAPIKeyRequest, opts ...CallOption) (*api.APIKeyWithSecret, error) {
	var body any
	if in.GraceSeconds != nil {
		body = in
	}
	return withSecret(post[api.APIKeyWithSecret](ctx, s.c, body, opts, keyPath+"/regenerate", id))
}

// Revoke ends an API key and all its roles, permanently and at once.
func (s *APIKeyService) Revoke(ctx context.Context, id string) (*api.Done, error) {
	return del(ctx, s.c, nil, keyPath, id)
}

// withSecret detects the repeated response to an idempotent call, which does not contain the secret.
func withSecret(k *api.APIKeyWithSecret, err error) (*api.APIKeyWithSecret, error) {
	if err == nil && k.Secret == "" {
		err = ErrSecretLost
	}
	return k, err
}
