package rafftest

import (
	"math"
	"syscall"
	"testing"
	"time"
)

// cpu returns the processor time used by this process. Unlike a clock, it does not count time spent waiting for a processor.
func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// InProportion fails the test if work of 8 times the size takes 20 times the processor time in every measurement.
// Quadratic work takes 64 times the time. prepare prepares work of a size, which is not measured, and returns it. The test
// must not be parallel, because all work of the process is measured.
func InProportion(t testing.TB, what string, size int, prepare func(size int) func()) {
	t.Helper()
	cost := func(size int) time.Duration {
		work, least := prepare(size), time.Duration(math.MaxInt64)
		for range 3 {
			before := cpu(t)
			work()
			least = min(least, cpu(t)-before)
		}
		return max(least, 100*time.Microsecond) // shorter times are too inaccurate
	}
	var small, big time.Duration
	for range 5 {
		if small, big = cost(size), cost(8*size); big < 20*small {
			return
		}
	}
	t.Errorf("%s: size %d took %v and size %d took %v", what, size, small, 8*size, big)
}
