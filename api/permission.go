package api

// Permission is one entry of the catalog.
type Permission struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Scope       string `json:"scope"`
	Category    string `json:"category"`
	// Removes marks a permission to delete something or take access away.
	Removes bool `json:"removes"`
}

// The permissions to request decisions and their explanations. Every server has them, but the list of permissions, which is
// the operator's catalog, does not contain them.
const (
	PermissionDecisionsEvaluate = "account.decisions.evaluate"
	PermissionDecisionsExplain  = "account.decisions.explain"
)
