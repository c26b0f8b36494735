package rafftest

import (
	"math"
	"syscall"
	"testing"
	"time"
)

// cpu is the processor time this process has used: unlike a clock it does not count how long others had the processor.
func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// InProportion fails the test when work of 8 times the size costs 20 times the processor time, every time it is measured. What
// costs the square costs 64 times. prepare makes the work of a size, whose making does not count. The test must not be
// parallel: what else the process does would count.
func InProportion(t testing.TB, what string, size int, prepare func(size int) func()) {
	t.Helper()
	cost := func(size int) time.Duration {
		work, least := prepare(size), time.Duration(math.MaxInt64)
		for range 3 {
			before := cpu(t)
			work()
			least = min(least, cpu(t)-before)
		}
		return max(least, 100*time.Microsecond) // less cannot be told apart
	}
	var small, big time.Duration
	for range 5 {
		if small, big = cost(size), cost(8*size); big < 20*small {
			return
		}
	}
	t.Errorf("%s: size %d costs %v and size %d costs %v", what, size, small, 8*size, big)
}
