package api

// Project is a part of an account with its own members. Every account has one Default project.
type Project struct {
	ID            string  `json:"id"`
	AccountID     string  `json:"account_id"`
	Name          string  `json:"name"`
	Slug          string  `json:"slug"`
	Description   string  `json:"description"`
	DefaultRegion string  `json:"default_region"`
	IsDefault     bool    `json:"is_default"`
	IsActive      bool    `json:"is_active"`
	CreatedBy     *string `json:"created_by,omitempty"`
	CreatedAt     Time    `json:"created_at"`
	UpdatedAt     Time    `json:"updated_at"`
	// ExternalIDs are its external ids.
	ExternalIDs ExternalIDs `json:"external_ids,omitempty"`
}

// CreateProjectRequest creates a project. Its slug is derived from the name and never changes.
type CreateProjectRequest struct {
	Name          *string `json:"name,omitempty"`
	Description   *string `json:"description,omitempty"`
	DefaultRegion *string `json:"default_region,omitempty"`
	// ExternalIDs are its external ids, by source.
	ExternalIDs ExternalIDs `json:"external_ids,omitempty"`
}

// UpdateProjectRequest changes the fields that are not nil.
type UpdateProjectRequest struct {
	Name          *string `json:"name,omitempty"`
	Description   *string `json:"description,omitempty"`
	DefaultRegion *string `json:"default_region,omitempty"`
	// ExternalIDs changes the external ids of some sources.
	ExternalIDs *ExternalIDChange `json:"external_ids,omitempty"`
	// UpdatedAt is the version of the project to change. If the project has changed since, the request fails with status 412.
	UpdatedAt *string `json:"updated_at,omitempty"`
}
