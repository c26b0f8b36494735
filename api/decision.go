package api

// Types of subjects and resources in requests for decisions. The server's catalog can declare more types of resources.
const (
	SubjectUser     = "user"
	SubjectAPIKey   = "api_key"
	ResourceAccount = "account"
	ResourceProject = "project"
)

// Subject is a user or API key that wants to do something. A user is identified by the id of the user or of a membership, by
// email, or by an external id; an API key by its id, the id of a membership, or an external id.
type Subject struct {
	Type       string         `json:"type"`
	ID         string         `json:"id,omitempty"`
	Properties map[string]any `json:"properties,omitempty"`
}

// Action is what the subject wants to do: a permission, or an action that the catalog declares.
type Action struct {
	Name       string         `json:"name"`
	Properties map[string]any `json:"properties,omitempty"`
}

// Resource is the object of the action. A project is identified by its id, its slug or an external id.
type Resource struct {
	Type       string         `json:"type"`
	ID         string         `json:"id,omitempty"`
	Properties map[string]any `json:"properties,omitempty"`
}

// EvaluationRequest asks whether a subject may do something with a resource.
type EvaluationRequest struct {
	Subject  *Subject  `json:"subject,omitempty"`
	Action   *Action   `json:"action,omitempty"`
	Resource *Resource `json:"resource,omitempty"`
	// MinRevision is the revision of an earlier decision that this one must not be older than.
	MinRevision string `json:"min_revision,omitempty"`
}

// Decision is the response to an EvaluationRequest.
type Decision struct {
	Decision bool            `json:"decision"`
	Context  DecisionContext `json:"context"`
}

// DecisionContext has the reason of a decision. Its texts and lists are only set for callers with account.decisions.explain.
type DecisionContext struct {
	Reason           DecisionReason `json:"reason,omitzero"`
	GrantedBy        []string       `json:"granted_by,omitempty"`
	WouldBeGrantedBy []string       `json:"would_be_granted_by,omitempty"`
	// ValidUntil is when the decision changes if nothing is changed before; nil means never.
	ValidUntil *Time          `json:"valid_until"`
	Revision   string         `json:"revision,omitempty"`
	Error      *DecisionError `json:"error,omitempty"`
}

// DecisionReason is the reason of a decision, as a code for programs and a text for people.
type DecisionReason struct {
	Code string `json:"code"`
	Text string `json:"text,omitempty"`
}

// DecisionError is the error of one evaluation of a batch.
type DecisionError struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
}
