package api

// Permission is one entry of the catalog.
type Permission struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Scope       string `json:"scope"`
	Category    string `json:"category"`
	// Removes marks what destroys something or takes access away.
	Removes bool `json:"removes"`
}
