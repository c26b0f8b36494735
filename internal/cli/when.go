package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// moreTime reads the moment at which something ends: itself, or how long it is from now.
func moreTime(flag, s string, now time.Time) (string, error) {
	t, err := when(flag, s, now.Add)
	if err == nil && !t.After(now) {
		err = usageError{fmt.Sprintf("--%s %s has passed already.", flag, s)}
	}
	return t.Format(time.RFC3339), err
}

// lessTime reads a moment in the past: itself, or how long ago it was.
func lessTime(flag, s string, now time.Time) (time.Time, error) {
	return when(flag, s, func(d time.Duration) time.Time { return now.Add(-d) })
}

func when(flag, s string, after func(time.Duration) time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	d, err := span(s)
	if err != nil || d <= 0 {
		return time.Time{}, usageError{fmt.Sprintf("--%s %q is neither a time such as 2030-01-31T12:00:00Z or 2030-01-31 nor a span such as 90d, 12h or 30m.", flag, s)}
	}
	return after(d).UTC().Truncate(time.Second), nil
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
