package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A day without an hour is a day of UTC, everywhere: what begins with it begins with its first moment, and what ends with
// it still holds for the whole of it.

// moreTime reads the moment at which something ends: itself, its last day, or how long it is from now.
func moreTime(flag, s string, now time.Time) (string, error) {
	t, day, err := when(flag, s, now.Add)
	if day {
		t = t.AddDate(0, 0, 1).Add(-time.Second)
	}
	if err == nil && !t.After(now) {
		err = usageError{fmt.Sprintf("--%s %s has passed already.", flag, s)}
	}
	return t.Format(time.RFC3339), err
}

// sinceTime reads the moment from which on something counts: itself, its first day, or how long ago it was.
func sinceTime(flag, s string, now time.Time) (time.Time, error) {
	t, _, err := when(flag, s, func(d time.Duration) time.Time { return now.Add(-d) })
	return t, err
}

// untilTime reads the moment before which something counts: itself, the last day that counts, or how long ago it was.
func untilTime(flag, s string, now time.Time) (time.Time, error) {
	t, day, err := when(flag, s, func(d time.Duration) time.Time { return now.Add(-d) })
	if day {
		t = t.AddDate(0, 0, 1)
	}
	return t, err
}

// when reads a moment; day says that it is the beginning of a day that was given without an hour.
func when(flag, s string, after func(time.Duration) time.Time) (t time.Time, day bool, err error) {
	if t, err = time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), false, nil
	}
	if t, err = time.Parse(time.DateOnly, s); err == nil {
		return t, true, nil
	}
	d, err := span(s)
	if err != nil || d <= 0 {
		return time.Time{}, false, usageError{fmt.Sprintf("--%s %q is neither a time such as 2030-01-31T12:00:00Z or 2030-01-31 (UTC) nor a span such as 90d, 12h or 30m.", flag, s)}
	}
	return after(d).UTC().Truncate(time.Second), false, nil
}

// span reads a duration that may be in days or weeks.
func span(s string) (time.Duration, error) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			n, err := strconv.ParseUint(number, 10, 16)
			return time.Duration(n) * length, err
		}
	}
	return time.ParseDuration(s)
}
