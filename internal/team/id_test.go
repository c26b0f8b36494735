package team

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"testing"
	"time"
)

// TestIDsSortByCreation: rows of one transaction have one time, and lists break the tie by id.
func TestIDsSortByCreation(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	now, last := time.Now(), ""
	var ids uuids
	for i := range 20_000 {
		switch {
		case i == 10_000:
			now = now.Add(-time.Hour) // a clock that was set back
		case i%3 == 0:
			now = now.Add(100 * time.Nanosecond)
		}
		id := ids.next(now, rand.Reader)
		if id <= last || !form.MatchString(id) {
			t.Fatalf("%s came after %s", id, last)
		}
		last = id
	}
	later := ids.next(now.Add(2*time.Hour), rand.Reader)
	if want := fmt.Sprintf("%012x", now.Add(2*time.Hour).UnixMilli()); later[:8]+later[9:13] != want {
		t.Errorf("%s does not begin with %s, the time it was made at", later, want)
	}
}
