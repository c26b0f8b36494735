package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A date without a time is a day in UTC: a range that starts with it starts at its first moment, and a range that ends
// with it includes the whole day.

// moreTime parses an end: a time, the last day, or a duration from now.
func moreTime(flag, s string, now time.Time) (string, error) {
	t, day, err := when(flag, s, now.Add)
	if day {
		t = t.AddDate(0, 0, 1).Add(-time.Second)
	}
	if err == nil && !t.After(now) {
		err = usageError{fmt.Sprintf("--%s %s is in the past.", flag, s)}
	}
	return t.Format(time.RFC3339), err
}

// sinceTime parses a start: a time, the first day, or how long ago.
func sinceTime(flag, s string, now time.Time) (time.Time, error) {
	t, _, err := when(flag, s, func(d time.Duration) time.Time { return now.Add(-d) })
	return t, err
}

// untilTime parses an end: a time, the last included day, or how long ago.
func untilTime(flag, s string, now time.Time) (time.Time, error) {
	t, day, err := when(flag, s, func(d time.Duration) time.Time { return now.Add(-d) })
	if day {
		t = t.AddDate(0, 0, 1)
	}
	return t, err
}

// when parses a time; day reports that it is the start of a date given without a time.
func when(flag, s string, after func(time.Duration) time.Time) (t time.Time, day bool, err error) {
	if t, err = time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), false, nil
	}
	if t, err = time.Parse(time.DateOnly, s); err == nil {
		return t, true, nil
	}
	d, err := span(s)
	if err != nil || d <= 0 {
		return time.Time{}, false, usageError{fmt.Sprintf("--%s %q is neither a time such as 2030-01-31T12:00:00Z or 2030-01-31 (UTC) nor a duration such as 90d, 12h or 30m.", flag, s)}
	}
	return after(d).UTC().Truncate(time.Second), false, nil
}

// span parses a duration, which may be in days or weeks.
func span(s string) (time.Duration, error) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			n, err := strconv.ParseUint(number, 10, 16)
			return time.Duration(n) * length, err
		}
	}
	return time.ParseDuration(s)
}
