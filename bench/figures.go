package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// figure is a measurement that has no limit beside it, only a goal.
type figure struct {
	name, work, value, goal string
	reached                 bool
}

func (f figure) verdict() string {
	if f.reached {
		return "reached"
	}
	return "missed"
}

// measureFigures measures the cells that are not rates.
func measureFigures(ctx context.Context, o settings) ([]figure, error) {
	var all []figure
	var failed error
	for _, m := range []struct {
		name    string
		measure func(context.Context, settings) ([]figure, error)
	}{{"di", decideInProcess}, {"e", memoryUse}, {"f", startUp}, {"t", terraformPlan}, {"i", instructions}} {
		if !o.selects(m.name, false) {
			continue
		}
		figures, err := m.measure(ctx, o)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("cell %s: %w", m.name, err))
			fmt.Printf("%-4s failed: %v\n", m.name, err)
		}
		for _, f := range figures {
			fmt.Printf("%-4s %s: %s, goal %s: %s\n", f.name, f.work, f.value, f.goal, f.verdict())
		}
		all = append(all, figures...)
	}
	return all, failed
}

var decideLine = regexp.MustCompile(`BenchmarkDecide\S*\s+\d+\s+([\d.]+) ns/op\s+\d+ B/op\s+(\d+) allocs/op`)

// decideInProcess runs the benchmark of the decision function.
func decideInProcess(ctx context.Context, _ settings) ([]figure, error) {
	out, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkDecide$", "-benchmem", "./internal/team").CombinedOutput()
	m := decideLine.FindSubmatch(out)
	if err != nil || m == nil {
		return nil, fmt.Errorf("run the benchmark: %w\n%s", err, out)
	}
	ns, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		return nil, fmt.Errorf("read the benchmark: %w", err)
	}
	return []figure{{"di", "the decision function in process", fmt.Sprintf("%.0f ns, %s allocations", ns, m[2]), "≤ 1 µs, 0 allocations", ns <= 1000 && string(m[2]) == "0"}}, nil
}

// resident returns the resident memory of a process in MB.
func resident(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read the memory: %w", err)
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	var kb float64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		return 0, fmt.Errorf("read the memory: %w", err)
	}
	return kb / 1024, nil
}

// memoryUse measures a server without members, and the one that the cells a and b used.
func memoryUse(ctx context.Context, o settings) ([]figure, error) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		fmt.Println("e    not measured: this system has no /proc")
		return nil, nil
	}
	dir := filepath.Join(o.dir, "e")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create a directory: %w", err)
	}
	r, err := startRaffd(ctx, o, databaseIn(dir, ""), dir)
	if err != nil {
		return nil, err
	}
	defer r.stop()
	idle, err := resident(r.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	c, err := crowdOf(ctx, o, "", o.members)
	if err != nil {
		return nil, err
	}
	for _, path := range []string{firstPage, c.last, "/api/v1/audit-events?limit=50"} {
		if _, err := c.get(ctx, path); err != nil {
			return nil, err
		}
	}
	after, err := resident(c.cmd.Process.Pid)
	return []figure{
		{"e", "resident memory of an idle server", fmt.Sprintf("%.0f MB", idle), "≤ 30 MB", idle <= 30},
		{"e2", fmt.Sprintf("resident memory after the cells, %d members", o.members), fmt.Sprintf("%.0f MB", after), "≤ 120 MB", after <= 120},
	}, err
}

// startUp measures the size of the program, and how long it takes from the start of the process to the first 200 of /ready,
// with few and with many rows.
func startUp(ctx context.Context, o settings) ([]figure, error) {
	info, err := os.Stat(o.raffd)
	if err != nil {
		return nil, fmt.Errorf("find raffd: %w", err)
	}
	mb := float64(info.Size()) / (1 << 20)
	dir := filepath.Join(o.dir, "f")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create a directory: %w", err)
	}
	start := func(database string) (float64, error) {
		var times []float64
		for range max(3, o.rounds) {
			r := &raffd{}
			began := time.Now()
			if err := r.serve(ctx, o, database, dir); err != nil {
				return 0, err
			}
			times = append(times, time.Since(began).Seconds()*1000)
			r.stop()
		}
		return median(times), nil
	}
	r, err := startRaffd(ctx, o, databaseIn(dir, ""), dir)
	if err != nil {
		return nil, err
	}
	r.stop()
	few, err := start(databaseIn(dir, ""))
	if err != nil {
		return nil, err
	}
	c, err := crowdOf(ctx, o, "", o.members)
	if err != nil {
		return nil, err
	}
	c.stop() // two servers would share the file
	delete(crowds, crowdKey{"", o.members})
	many, err := start(c.database)
	return []figure{
		{"f", "size of raffd, stripped", fmt.Sprintf("%.1f MB", mb), "≤ 30 MB", mb <= 30},
		{"f2", fmt.Sprintf("start to the first 200, with 2 and with %d members", o.members), fmt.Sprintf("%.0f ms and %.0f ms", few, many), "independent of the rows", many <= few*1.5+20},
	}, err
}

// instructions counts instructions per request, because they do not depend on what else runs on the machine.
func instructions(ctx context.Context, o settings) ([]figure, error) {
	out, err := exec.CommandContext(ctx, "perf", "stat", "-e", "instructions:u", "true").CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("not supported")) || bytes.Contains(out, []byte("not counted")) {
		fmt.Println("i    not measured: perf cannot count instructions on this machine (many virtual machines have no counters)")
		return nil, nil //nolint:nilerr // the other cells are measured without perf
	}
	c, err := crowdOf(ctx, o, "", o.members)
	if err != nil {
		return nil, err
	}
	var all []figure
	page, _, err := c.page(ctx, o, firstPage)
	if err != nil {
		return nil, err
	}
	for _, m := range []struct {
		name, work string
		measure    round
	}{{"ia", "instructions per GET of a random member", c.random(o)}, {"ib", "instructions per GET of the first 50 members", page}} {
		perf := exec.CommandContext(ctx, "perf", "stat", "-x", ",", "-e", "instructions:u", "-p", strconv.Itoa(c.cmd.Process.Pid), "sleep", strconv.FormatFloat(o.span.Seconds(), 'f', 3, 64))
		var counted bytes.Buffer
		perf.Stderr = &counted
		if err := perf.Start(); err != nil {
			return nil, fmt.Errorf("start perf: %w", err)
		}
		perSecond, err := m.measure(ctx)
		if err != nil {
			return nil, err
		}
		if err := perf.Wait(); err != nil {
			return nil, fmt.Errorf("perf: %w: %s", err, counted.Bytes())
		}
		var n float64
		if _, err := fmt.Sscan(strings.SplitN(counted.String(), ",", 2)[0], &n); err != nil {
			return nil, fmt.Errorf("read the count of perf: %w: %s", err, counted.Bytes())
		}
		all = append(all, figure{m.name, m.work, fmt.Sprintf("%.0f", n/(perSecond*o.span.Seconds())), "compare between commits", true})
	}
	return all, nil
}
