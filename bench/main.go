// Bench compares the throughput of raff with theoretical limits. On shared machines, absolute numbers vary between runs,
// but the ratio of two measurements in a row is stable, so each cell measures raff and its limit alternately, for several
// rounds, and reports medians. raffd runs as it does in production: in its own process, with an API key on every request
// and durable commits. No test depends on the results.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path"
	"path/filepath"
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
	flag.DurationVar(&o.span, "span", 3*time.Second, "how long each measurement takes")
	flag.IntVar(&o.rounds, "rounds", 3, "number of measurements of raff, of the limit and of the peer, after one that does not count")
	flag.StringVar(&o.postgres, "postgres", "", "URL of an empty PostgreSQL database; without it, the PostgreSQL cells are skipped")
	flag.StringVar(&o.only, "cells", "", "comma-separated names of the cells to measure, such as a,c1,g*; by default all except k*")
	flag.StringVar(&o.peers, "peers", "", "directory with the programs pocketbase, opa and openfga, to compare with")
	flag.IntVar(&o.members, "members", 100_000, "number of members of the large account")
	flag.StringVar(&o.terraform, "terraform", "", "terraform or tofu, for cell t; without it, the cell is skipped")
	flag.StringVar(&o.data, "data", "", "file to write all results to, as JSON, for the plots")
	flag.Parse()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type settings struct {
	raffd, report, postgres, peers, terraform, data string
	only, dir                                       string
	members                                         int
	span                                            time.Duration
	rounds                                          int
}

func run(ctx context.Context, o settings) error {
	dir, err := os.MkdirTemp("", "raff-bench-")
	if err != nil {
		return fmt.Errorf("create a working directory: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a directory that remains in /tmp does no harm
	o.dir = dir
	defer stopCrowds()
	var results []result
	var failed error
	for _, c := range cells(o) {
		if !o.selects(c.name, c.extra || c.peersOnly && o.peers == "") {
			continue
		}
		fmt.Printf("%-4s %s\n", c.name, c.work)
		r, err := c.measure(ctx, o, filepath.Join(dir, c.name))
		if err != nil { // the others are worth reporting
			failed = errors.Join(failed, fmt.Errorf("cell %s: %w", c.name, err))
			fmt.Println("     failed:", err)
			continue
		}
		r.print()
		results = append(results, r)
	}
	figures, err := measureFigures(ctx, o)
	failed = errors.Join(failed, err)
	if o.report == "" {
		return failed
	}
	return errors.Join(failed, writeReport(ctx, o, results, figures))
}

// selects reports whether a cell is measured; extra ones must be named.
func (o settings) selects(name string, extra bool) bool {
	if o.only == "" {
		return !extra
	}
	for pattern := range strings.SplitSeq(o.only, ",") {
		if ok, err := path.Match(pattern, name); ok && err == nil {
			return true
		}
	}
	return false
}
