package api

// Node is a server on the database, which reports every few seconds that it is alive. One that stops removes itself from the list;
// one that was killed stays for some days.
type Node struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Host    string `json:"host"`    // name of its machine
	Address string `json:"address"` // where it listens
	// Runs are what it does besides the API and the dashboard: "mail", "metrics" and "operator".
	Runs       []string `json:"runs"`
	Alive      bool     `json:"alive"`
	StartedAt  Time     `json:"started_at"`
	LastSeenAt Time     `json:"last_seen_at"`
}

// Results of a run of a job.
const (
	JobOK     = "ok"
	JobFailed = "failed"
)

// Job is a background job on one node.
type Job struct {
	Name         string `json:"name"`
	NodeID       string `json:"node_id"`
	Host         string `json:"host"`
	EverySeconds int    `json:"every_seconds"`
	Runnable     bool   `json:"runnable"` // an operator can run it now
	Running      bool   `json:"running"`
	// LastStartedAt, LastEndedAt and LastResult are nil until the first run has ended. LastError says why it failed.
	LastStartedAt *Time   `json:"last_started_at"`
	LastEndedAt   *Time   `json:"last_ended_at"`
	LastResult    *string `json:"last_result"`
	LastError     string  `json:"last_error,omitempty"`
	NextAt        *Time   `json:"next_at"` // nil while it is running
}

// States of an email in the outbox. One that is EmailRetrying has failed at least once, and is tried again.
const (
	EmailQueued   = "queued"
	EmailRetrying = "retrying"
	EmailFailed   = "failed"
)

// Email is an email that waits to be sent or was given up. It has no link: links are created when an email is sent.
type Email struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	State string `json:"state"`
	To    string `json:"to"`
	// AccountID and AccountName are nil for emails about how a person signs in. InvitationID is nil for all but invitations.
	AccountID    *string `json:"account_id"`
	AccountName  *string `json:"account_name"`
	InvitationID *string `json:"invitation_id"`
	Notice       string  `json:"notice,omitempty"` // what a notice is about
	Attempts     int     `json:"attempts"`
	LastError    string  `json:"last_error,omitempty"` // why the last attempt failed
	NextAt       *Time   `json:"next_at"`              // nil if there is no other attempt
	FailedAt     *Time   `json:"failed_at"`
	CreatedAt    Time    `json:"created_at"`
}

// Catalog is the catalog of permissions and system roles of the database.
type Catalog struct {
	Catalog     string `json:"catalog"` // YAML
	Default     bool   `json:"default"` // the default catalog of a release, which the next release replaces with its own
	Fingerprint string `json:"fingerprint"`
	// RestartRequired says that the server still uses an older catalog, and is not ready.
	RestartRequired bool `json:"restart_required"`
}

// CatalogRequest has another catalog: its text in YAML, or the default one of the server's release.
type CatalogRequest struct {
	Catalog *string `json:"catalog,omitempty"`
	Default *bool   `json:"default,omitempty"`
	// ExpectedFingerprint, if it is not nil, is that of the catalog with which the new one was compared. It is only for applying.
	ExpectedFingerprint *string `json:"expected_fingerprint,omitempty"`
}

// CatalogComparison is what another catalog changes.
type CatalogComparison struct {
	Same                bool                `json:"same"` // it is the catalog of the database
	Fingerprint         string              `json:"fingerprint"`
	ExpectedFingerprint string              `json:"expected_fingerprint"` // of the catalog that it replaces
	Roles               []CatalogRoleChange `json:"roles"`
}

// CatalogRoleChange is what a role gains and loses with another catalog. AccountID is nil for a system role.
type CatalogRoleChange struct {
	AccountID   *string  `json:"account_id"`
	Scope       string   `json:"scope"`
	Slug        string   `json:"slug"`
	Name        string   `json:"name"`
	New         bool     `json:"new"`
	Memberships int      `json:"memberships"`
	Gains       []string `json:"gains"`
	Loses       []string `json:"loses"`
}
