package rafftest

import (
	"testing"
	"time"
)

// Patience is how long tests wait for something that a busy machine may delay.
const Patience = 3 * time.Minute

// Eventually waits until done returns true. The test fails if that takes longer than Patience.
func Eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", Patience, what)
		}
	}
}
