package team

import (
	"slices"
	"time"
)

// Base is the version of something that a change was made for, by its UpdatedAt: one of these. A nil Base is any version,
// an empty one none. A change of another version is refused, so that nobody undoes by accident what someone else did
// after they looked.
type Base []time.Time

func (b Base) matches(updatedAt time.Time) error {
	if b == nil || slices.ContainsFunc(b, updatedAt.Equal) {
		return nil
	}
	return &Error{Kind: KindChanged, Code: "precondition_failed", Message: "The object was changed after the version you sent. Read it again, then retry your change if it still applies."}
}
