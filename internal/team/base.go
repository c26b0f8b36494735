package team

import (
	"slices"
	"time"
)

// Base is the set of versions, as UpdatedAt times, that a change was made for. A nil Base is any version, an empty one
// none. A change of another version is refused, so that no one accidentally overwrites a change that they have not
// seen.
type Base []time.Time

func (b Base) matches(updatedAt time.Time) error {
	if b == nil || slices.ContainsFunc(b, updatedAt.Equal) {
		return nil
	}
	return RefusalVersionChanged.With()
}
