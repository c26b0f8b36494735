package uuid

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Rows of one transaction have the same time, and lists order them by id.
func TestIDsSortByCreation(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	now, last := time.Now(), ""
	var ids Generator
	for i := range 20_000 {
		switch {
		case i == 10_000:
			now = now.Add(-time.Hour) // a clock that was set back
		case i%3 == 0:
			now = now.Add(100 * time.Nanosecond)
		}
		id := ids.Next(now, rand.Reader)
		if id <= last || !form.MatchString(id) {
			t.Fatalf("created %s after %s: want a later UUID of version 7", id, last)
		}
		last = id
	}
	later := ids.Next(now.Add(2*time.Hour), rand.Reader)
	if want := fmt.Sprintf("%012x", now.Add(2*time.Hour).UnixMilli()); later[:8]+later[9:13] != want {
		t.Errorf("%s does not begin with %s, the time of its creation", later, want)
	}
}

func TestOnlyCanonicalFormIsValid(t *testing.T) {
	const id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
	if !Valid(id) || !Valid(New()) {
		t.Errorf("%s or a new id is not valid", id)
	}
	for _, s := range []string{
		"", id[1:], id + "0", strings.ToUpper(id), "urn:uuid:" + id, "{" + id + "}", strings.ReplaceAll(id, "-", ""),
		"0190a1b2+c3d4-7e5f-8a9b-0c1d2e3f4a5b", "g190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "0190a1b-2c3d4-7e5f-8a9b-0c1d2e3f4a5b",
	} {
		if Valid(s) {
			t.Errorf("Valid(%q) = true", s)
		}
	}
}
