package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// writeReport writes the table with date, machine and commit.
func writeReport(ctx context.Context, o settings, results []result) error {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks

Written by `+"`make bench`"+`. Each row is ours and its limit, measured in turn in one run: %d rounds of %s, median
(lowest–highest). Ours is the real server with an API key on every request and durable commits; every answer is
checked. On shared machines the figures drift, the ratios hardly do.

%s, %s, %d processors, commit %s

| cell | work | ours | limit | what the limit is | ratio | goal | |
|---|---|---|---|---|---|---|---|
`, o.rounds, o.span, time.Now().UTC().Format("2006-01-02"), runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU(), commit(ctx))
	for _, r := range results {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | **%.2f** | %.2f | %s |\n", r.name, r.work, span(r.ours), span(r.best), r.limit, r.ratio(), r.goal, r.verdict())
	}
	return os.WriteFile(o.report, []byte(b.String()), 0o644)
}

func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
