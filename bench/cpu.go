package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// meter adds up the processor time that the server under load used, without that of the load generator and of other
// programs. It changes less from run to run than a rate.
type meter struct {
	used      time.Duration
	responses int64
}

type meterKey struct{}

func withMeter(ctx context.Context) (context.Context, *meter) {
	m := &meter{}
	return context.WithValue(ctx, meterKey{}, m), m
}

// perResponse returns microseconds; 0 if it is not known.
func (m *meter) perResponse() float64 {
	if m.responses == 0 {
		return 0
	}
	return float64(m.used.Microseconds()) / float64(m.responses)
}

// processes are the process ids of the started servers by address.
var processes sync.Map

// measured calls run, and adds the processor time of the server at addr to the meter of ctx, if there is one.
func measured(ctx context.Context, addr string, run func() (responses int64, err error)) error {
	m, _ := ctx.Value(meterKey{}).(*meter)
	pid, started := processes.Load(addr)
	before, known := time.Duration(0), false
	if m != nil && started {
		before, known = processorTime(pid.(int))
	}
	n, err := run()
	if known {
		if after, ok := processorTime(pid.(int)); ok {
			m.used += after - before
			m.responses += n
		}
	}
	return err
}

// tick is the unit of the times in /proc, the same on all platforms that Go supports.
const tick = 10 * time.Millisecond

// processorTime returns the user and system time of a process; false if the system does not tell.
func processorTime(pid int) (time.Duration, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])) // the name before it may contain spaces
	if len(fields) < 13 {
		return 0, false
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, err1 == nil && err2 == nil
}
