package rest

import "raff/internal/team"

const maxIdempotencyKey = 255

// Idempotency checks the values of the header Idempotency-Key.
func Idempotency(keys []string, operation string) (*team.Idempotency, error) {
	if len(keys) != 1 || !printable(keys[0], maxIdempotencyKey) {
		return nil, Invalid("Idempotency-Key", "invalid_idempotency_key", "Idempotency-Key must be one value of 1 to %d printable ASCII characters.", maxIdempotencyKey)
	}
	return &team.Idempotency{Key: keys[0], Operation: operation}, nil
}

func printable(s string, limit int) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7e {
			return false
		}
	}
	return s != "" && len(s) <= limit
}
