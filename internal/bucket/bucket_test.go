package bucket

import (
	"strconv"
	"testing"
	"time"
)

func TestNumberOfBucketsIsBounded(t *testing.T) {
	now := time.Unix(0, 0)
	b := New(nil, func() time.Time { return now })
	limit := Limit{PerSecond: 1, Burst: 2}
	for i := range most + 1000 {
		if _, wait := b.Take(strconv.Itoa(i), limit); wait != 0 {
			t.Fatalf("client %d waits %v", i, wait)
		}
	}
	if len(b.of) > most {
		t.Errorf("%d buckets are kept", len(b.of))
	}
	now = now.Add(2 * idle)
	b.Take("one", limit)
	if len(b.of) != 1 {
		t.Errorf("%d idle buckets are kept", len(b.of))
	}
	for i, want := range []time.Duration{0, time.Second} {
		if left, wait := b.Take("one", limit); left != 0 || wait != want {
			t.Errorf("token %d of a burst of 2: %d left, wait %v", i+2, left, wait)
		}
	}
	if _, wait := b.Take("two", Limit{}); wait != 0 {
		t.Errorf("without a limit: wait %v", wait)
	}
}
