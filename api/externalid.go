package api

// Kinds of external ids. The types of resources that the server's catalog declares are kinds, too.
const (
	ExternalMember  = "member"
	ExternalProject = "project"
	ExternalRole    = "role"
	ExternalAPIKey  = "api_key"
)

// ExternalID is the id of a member, project, role or API key, or of a resource that belongs to a project, in another system,
// the source.
type ExternalID struct {
	Kind   string `json:"kind"`
	Source string `json:"source"`
	ID     string `json:"id"`
	// ObjectID is the id of the object; for a resource, that of its project.
	ObjectID  string `json:"object_id"`
	CreatedAt Time   `json:"created_at"`
}

// SetExternalIDRequest gives an external id to an object. All fields are required.
type SetExternalIDRequest struct {
	Kind     *string `json:"kind,omitempty"`
	Source   *string `json:"source,omitempty"`
	ID       *string `json:"id,omitempty"`
	ObjectID *string `json:"object_id,omitempty"`
}

// ExternalIDs are the external ids of a member, project, role or API key, by source.
type ExternalIDs map[string]string

// ExternalIDChange sets the external ids of some sources, and removes those whose value is nil. Other sources stay
// unchanged.
type ExternalIDChange map[string]*string
