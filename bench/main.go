// Bench measures raff beside its limits and prints how close it comes. Figures on shared machines drift; the ratio of
// two things measured right after each other does not, so every cell runs ours and its limit in turn, three rounds,
// and reports medians. Ours runs as users run it: the real raffd in its own process, an API key on every request,
// durable commits. Nothing here is a timed test.
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
	flag.IntVar(&o.rounds, "rounds", 3, "measurements of each thing")
	flag.StringVar(&o.postgres, "postgres", "", "URL of an empty PostgreSQL database; without it those cells are left out")
	flag.StringVar(&o.only, "cells", "", "names of the cells to measure, separated by commas; all by default")
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
		return fmt.Errorf("make a working folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder left in /tmp harms nobody
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
