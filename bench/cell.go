package main

import (
	"context"
	"fmt"
	"os"
	"slices"
)

// cell is one comparison of raff with a limit.
type cell struct {
	name, work, limit string
	// goal is the ratio to the limit that raff should reach.
	goal float64
	// members is the number of members of the account, for the plots of cost against size.
	members int
	// prepare starts the servers, with their files in dir. It returns two functions that measure one round of raff and of
	// the limit, in operations per second, and one that stops the servers.
	prepare func(ctx context.Context, o settings, dir string) (ours, limit round, end func(), err error)
	// peer starts another product that does comparable work; nil if there is none. It is used only with -peers.
	peer func(ctx context.Context, o settings, dir string) (peer, error)
	// extra cells are measured only if they are named; peersOnly ones only with -peers.
	extra, peersOnly bool
}

// peer is another product.
type peer struct {
	name    string
	measure round
	end     func()
}

type round func(context.Context) (perSecond float64, err error)

type result struct {
	cell
	ours, best, others []float64
	// cpu is the processor time per response of the server and of the limit, in microseconds; 0 where no server is asked.
	cpu   [2][]float64
	other string // name of the peer
	load  float64
}

func (c cell) measure(ctx context.Context, o settings, dir string) (result, error) {
	r := result{cell: c, load: loadAverage()}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return r, fmt.Errorf("create a directory: %w", err)
	}
	ours, limit, end, err := c.prepare(ctx, o, dir)
	if err != nil {
		return r, err
	}
	defer end()
	var p peer
	if c.peer != nil && o.peers != "" {
		if p, err = c.peer(ctx, o, dir); err != nil {
			return r, fmt.Errorf("peer: %w", err)
		}
		defer p.end()
		r.other = p.name
	}
	for i := range o.rounds + 1 {
		for _, m := range []struct {
			what    string
			measure round
			into    *[]float64
			cpu     *[]float64
		}{{"ours", ours, &r.ours, &r.cpu[0]}, {"limit", limit, &r.best, &r.cpu[1]}, {p.name, p.measure, &r.others, new([]float64)}} {
			if m.measure == nil {
				continue
			}
			ctx, used := withMeter(ctx)
			v, err := m.measure(ctx)
			if err != nil {
				return r, fmt.Errorf("%s: %w", m.what, err)
			}
			if i > 0 { // the first round fills caches
				*m.into = append(*m.into, v)
				*m.cpu = append(*m.cpu, used.perResponse())
			}
		}
	}
	r.load = max(r.load, loadAverage())
	return r, nil
}

// loadAverage returns the number of processes that want to run, averaged over a minute; 0 if the system does not say.
func loadAverage() (load float64) {
	b, err := os.ReadFile("/proc/loadavg")
	if err == nil {
		_, _ = fmt.Sscan(string(b), &load)
	}
	return load
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

// ratios returns the median of the ratios of rounds that followed each other, and the lowest and the highest.
func ratios(ours, others []float64) (middle, low, high float64) {
	all := make([]float64, len(ours))
	for i := range ours {
		all[i] = ours[i] / others[i]
	}
	return median(all), slices.Min(all), slices.Max(all)
}

func (r result) ratio() float64 {
	middle, _, _ := ratios(r.ours, r.best)
	return middle
}

func ratioSpan(ours, others []float64) string {
	middle, low, high := ratios(ours, others)
	return fmt.Sprintf("**%.2f** (%.2f–%.2f)", middle, low, high)
}

func (r result) verdict() string {
	if r.ratio() >= r.goal {
		return "reached"
	}
	return "missed"
}

// processor returns the processor time per response of our server and of the limit's.
func (r result) processor() string {
	ours, limit := median(r.cpu[0]), median(r.cpu[1])
	switch {
	case ours == 0:
		return ""
	case limit == 0:
		return fmt.Sprintf("%.0f µs", ours)
	}
	return fmt.Sprintf("%.0f / %.0f µs", ours, limit)
}

func span(v []float64) string {
	return fmt.Sprintf("%.0f/s (%.0f–%.0f)", median(v), slices.Min(v), slices.Max(v))
}

func (r result) print() {
	fmt.Printf("     ours  %s\n     limit %s  %s\n     ratio %.2f, goal %.2f: %s; server CPU %s; load %.1f\n", span(r.ours), span(r.best), r.limit, r.ratio(), r.goal, r.verdict(), r.processor(), r.load)
	if r.other != "" {
		middle, low, high := ratios(r.ours, r.others)
		fmt.Printf("     peer  %s  %s; %.2f × (%.2f–%.2f)\n", span(r.others), r.other, middle, low, high)
	}
}
