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
	// prepare starts the servers, with their files in dir. It returns two functions that measure one round of raff and of
	// the limit, in operations per second, and one that stops the servers.
	prepare func(ctx context.Context, o settings, dir string) (ours, limit round, end func(), err error)
}

type round func(context.Context) (perSecond float64, err error)

type result struct {
	cell
	ours, best []float64
}

func (c cell) measure(ctx context.Context, o settings, dir string) (result, error) {
	r := result{cell: c}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return r, fmt.Errorf("create a directory: %w", err)
	}
	ours, limit, end, err := c.prepare(ctx, o, dir)
	if err != nil {
		return r, err
	}
	defer end()
	for range o.rounds {
		a, err := ours(ctx)
		if err != nil {
			return r, fmt.Errorf("ours: %w", err)
		}
		b, err := limit(ctx)
		if err != nil {
			return r, fmt.Errorf("limit: %w", err)
		}
		r.ours, r.best = append(r.ours, a), append(r.best, b)
	}
	return r, nil
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func (r result) ratio() float64 { return median(r.ours) / median(r.best) }

func (r result) verdict() string {
	if r.ratio() >= r.goal {
		return "reached"
	}
	return "missed"
}

func span(v []float64) string {
	return fmt.Sprintf("%.0f/s (%.0f–%.0f)", median(v), slices.Min(v), slices.Max(v))
}

func (r result) print() {
	fmt.Printf("     ours  %s\n     limit %s  %s\n     ratio %.2f, goal %.2f: %s\n", span(r.ours), span(r.best), r.limit, r.ratio(), r.goal, r.verdict())
}
