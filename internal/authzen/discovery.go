package authzen

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"raff/internal/uuid"
)

// metadata is the description of the endpoints.
type metadata struct {
	PolicyDecisionPoint string `json:"policy_decision_point"`
	Evaluation          string `json:"access_evaluation_endpoint"`
	Evaluations         string `json:"access_evaluations_endpoint"`
	SearchSubject       string `json:"search_subject_endpoint"`
	SearchResource      string `json:"search_resource_endpoint"`
	SearchAction        string `json:"search_action_endpoint"`
	MaxEvaluations      int    `json:"raff_max_evaluations"`
}

// discovery describes the endpoints. An API key belongs to one account, so they are the same for all accounts; the response
// is the same for every account id, whether or not it exists.
func (s *server) discovery(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		s.fail(w, r, errGet)
		return
	}
	base := s.svc.PublicURL()
	m := metadata{
		PolicyDecisionPoint: base, Evaluation: base + evaluationPath, Evaluations: base + evaluationsPath,
		SearchSubject: base + subjectsPath, SearchResource: base + resourcesPath, SearchAction: base + actionsPath, MaxEvaluations: MaxEvaluations,
	}
	if account := r.PathValue("account"); account != "" {
		if !uuid.Valid(account) {
			s.fail(w, r, errNoPath)
			return
		}
		m.PolicyDecisionPoint += "/" + account
	}
	body, err := json.Marshal(m)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, body)
}
