package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	"raff/api"
)

// DecisionService requests decisions about who may do what. The API key needs the permission account.decisions.evaluate.
type DecisionService struct{ c *Client }

// Evaluate asks whether a subject may do something with a resource.
func (s *DecisionService) Evaluate(ctx context.Context, q api.EvaluationRequest) (*api.Decision, error) {
	var d struct {
		api.Decision
		Given *bool `json:"decision"`
	}
	r := request{method: http.MethodPost, path: "/access/v1/evaluation", body: q}
	if err := s.c.send(ctx, r, &d); err != nil {
		return nil, err
	}
	if d.Given == nil {
		return nil, notRaff(r)
	}
	d.Decision.Decision = *d.Given
	return &d.Decision, nil
}

// EvaluateAll evaluates up to 200 questions with the same state of the account. The decisions are in the same order. An
// incomplete question is denied, and its Context.Error says why.
func (s *DecisionService) EvaluateAll(ctx context.Context, questions []api.EvaluationRequest) ([]api.Decision, error) {
	return s.EvaluateProposed(ctx, "", questions)
}

// EvaluateProposed is EvaluateAll as if the server used another catalog, in YAML; empty means the one that it uses. The API key
// also needs the permission account.decisions.explain.
func (s *DecisionService) EvaluateProposed(ctx context.Context, catalog string, questions []api.EvaluationRequest) ([]api.Decision, error) {
	if len(questions) == 0 {
		return nil, nil
	}
	var out struct {
		Evaluations []api.Decision `json:"evaluations"`
	}
	r := request{method: http.MethodPost, path: "/access/v1/evaluations", body: evaluations{questions, catalog}}
	if err := s.c.send(ctx, r, &out); err != nil {
		return nil, err
	}
	if len(out.Evaluations) != len(questions) {
		return nil, fmt.Errorf("%d decisions on %d questions: %w", len(out.Evaluations), len(questions), notRaff(r))
	}
	return out.Evaluations, nil
}

// evaluations is the body of a request with several questions.
type evaluations struct {
	Evaluations []api.EvaluationRequest `json:"evaluations"`
	Catalog     string                  `json:"catalog,omitempty"`
}

// Subjects returns who may do something with a resource. kind is api.SubjectUser or api.SubjectAPIKey.
func (s *DecisionService) Subjects(ctx context.Context, kind string, action api.Action, resource api.Resource) iter.Seq2[api.Subject, error] {
	return found[api.Subject](ctx, s.c, "/access/v1/search/subject", map[string]any{"subject": api.Subject{Type: kind}, "action": action, "resource": resource})
}

// Resources returns the resources of a type with which a subject may do something.
func (s *DecisionService) Resources(ctx context.Context, subject api.Subject, action api.Action, kind string) iter.Seq2[api.Resource, error] {
	return found[api.Resource](ctx, s.c, "/access/v1/search/resource", map[string]any{"subject": subject, "action": action, "resource": api.Resource{Type: kind}})
}

// Actions returns what a subject may do with a resource.
func (s *DecisionService) Actions(ctx context.Context, subject api.Subject, resource api.Resource) iter.Seq2[api.Action, error] {
	return found[api.Action](ctx, s.c, "/access/v1/search/action", map[string]any{"subject": subject, "resource": resource})
}

// found yields the results of a search, page by page.
func found[T any](ctx context.Context, c *Client, path string, q map[string]any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for token := ""; ; {
			q["page"] = map[string]any{"limit": pageSize, "token": token}
			var p struct {
				Results []T `json:"results"`
				Page    struct {
					NextToken string `json:"next_token"`
				} `json:"page"`
			}
			if err := c.send(ctx, request{method: http.MethodPost, path: path, body: q}, &p); err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, r := range p.Results {
				if !yield(r, nil) {
					return
				}
			}
			if token = p.Page.NextToken; token == "" {
				return
			}
		}
	}
}

// VerifyKey reports whether an API key that a service received from its customer is valid, and what it may do.
func (s *DecisionService) VerifyKey(ctx context.Context, in api.VerifyKeyRequest) (*api.Verification, error) {
	return post[api.Verification](ctx, s.c, in, nil, "/api/v1/keys/verify")
}

// VerifySession is VerifyKey for the token of a dashboard session.
func (s *DecisionService) VerifySession(ctx context.Context, in api.VerifySessionRequest) (*api.Verification, error) {
	return post[api.Verification](ctx, s.c, in, nil, "/api/v1/sessions/verify")
}

// ExternalIDService manages the ids of members, projects, roles, API keys and resources in other systems.
type ExternalIDService struct{ c *Client }

// ListExternalIDsOptions select external ids. Kind is required; other empty fields do not filter.
type ListExternalIDsOptions struct {
	ListOptions
	Kind, Source, ID, ObjectID string
}

// List returns one page of external ids.
func (s *ExternalIDService) List(ctx context.Context, o ListExternalIDsOptions) (*api.Page[api.ExternalID], error) {
	q := o.query()
	set(q, "kind", o.Kind)
	set(q, "source", o.Source)
	set(q, "id", o.ID)
	set(q, "object_id", o.ObjectID)
	return list[api.ExternalID](ctx, s.c, "/api/v1/external-ids", q)
}

// All iterates over all external ids that match. It stops after an error.
func (s *ExternalIDService) All(ctx context.Context, o ListExternalIDsOptions) iter.Seq2[api.ExternalID, error] {
	return all(o.ListOptions, func(page ListOptions) (*api.Page[api.ExternalID], error) {
		o.ListOptions = page
		return s.List(ctx, o)
	})
}

// Set gives an external id to an object. All fields are required.
func (s *ExternalIDService) Set(ctx context.Context, in api.SetExternalIDRequest) (*api.ExternalID, error) {
	return write[api.ExternalID](ctx, s.c, http.MethodPut, in, nil, "/api/v1/external-ids")
}

// Remove removes an external id.
func (s *ExternalIDService) Remove(ctx context.Context, kind, source, id string) (*api.Done, error) {
	q := url.Values{}
	set(q, "kind", kind)
	set(q, "source", source)
	set(q, "id", id)
	return del(ctx, s.c, q, "/api/v1/external-ids")
}
