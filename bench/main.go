// Bench compares the throughput of raff with theoretical limits. On shared machines, absolute numbers vary between runs,
// but the ratio of two measurements in a row is stable, so each cell measures raff and its limit alternately, for several
// rounds, and reports medians. raffd runs as it does in production: in its own process, with an API key on every request
// and durable commits. No test depends on the results.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "bare" {
		bare(os.Args[2:])
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o settings
	flag.StringVar(&o.raffd, "raffd", "bin/raffd", "the server to measure")
	flag.StringVar(&o.report, "report", "", "file to write the table to, as Markdown")
	flag.DurationVar(&o.span, "span", 5*time.Second, "how long each measurement takes")
	flag.IntVar(&o.rounds, "rounds", 3, "number of measurements of raff and of the limit")
	flag.StringVar(&o.postgres, "postgres", "", "URL of an empty PostgreSQL database; without it, the PostgreSQL cells are skipped")
	flag.StringVar(&o.only, "cells", "", "comma-separated names of the cells to measure; all by default")
	flag.Parse()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type settings struct {
	raffd, report, postgres string
	only                    string
	span                    time.Duration
	rounds                  int
}

func run(ctx context.Context, o settings) error {
	dir, err := os.MkdirTemp("", "raff-bench-")
	if err != nil {
		return fmt.Errorf("create a working directory: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a directory that remains in /tmp does no harm
	var results []result
	for _, c := range cells(o) {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), c.name) {
			continue
		}
		fmt.Printf("%-4s %s\n", c.name, c.work)
		r, err := c.measure(ctx, o, filepath.Join(dir, c.name))
		if err != nil {
			return fmt.Errorf("cell %s: %w", c.name, err)
		}
		r.print()
		results = append(results, r)
	}
	if o.report == "" {
		return nil
	}
	return writeReport(ctx, o, results)
}
