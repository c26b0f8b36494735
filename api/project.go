package api

// Project is a container of resources with members of its own. Every account has one Default project.
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
}

// CreateProjectRequest makes a project; its slug is derived from the name and stays.
type CreateProjectRequest struct {
	Name          *string `json:"name,omitempty"`
	Description   *string `json:"description,omitempty"`
	DefaultRegion *string `json:"default_region,omitempty"`
}

// UpdateProjectRequest changes what it names; nil leaves as it is.
type UpdateProjectRequest struct {
	Name          *string `json:"name,omitempty"`
	Description   *string `json:"description,omitempty"`
	DefaultRegion *string `json:"default_region,omitempty"`
	// UpdatedAt is that of the project the change was made for; another version is refused with status 412.
	UpdatedAt *string `json:"updated_at,omitempty"`
}
