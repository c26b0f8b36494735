package api

// UsageDay is how much an account was used on a day, in UTC. Each person and key counts once.
type UsageDay struct {
	Date      string `json:"date"` // such as 2030-01-31
	AccountID string `json:"account_id"`
	// AccountName is only present in a list of accounts.
	AccountName *string `json:"account_name,omitempty"`
	// ActiveMembers is the number of people who made a request with a session, APIKeysUsed that of keys with which one was made.
	ActiveMembers int `json:"active_members"`
	APIKeysUsed   int `json:"api_keys_used"`
	// Requests is the number of requests with valid credentials that did not exceed a rate limit, Decisions that of decisions for services.
	Requests  int `json:"requests"`
	Decisions int `json:"decisions"`
}
