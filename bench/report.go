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

// writeReport writes the table. Rows of cells that were left out stay as an earlier run wrote them.
func writeReport(ctx context.Context, o settings, results []result) error {
	rows := map[string]string{}
	if old, err := os.ReadFile(o.report); err == nil && o.only != "" {
		for line := range strings.Lines(string(old)) {
			if name, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " |"); ok && strings.HasPrefix(line, "| ") {
				rows[name] = line
			}
		}
	}
	run := fmt.Sprintf("%s %s, %d×%s", time.Now().UTC().Format("2006-01-02"), commit(ctx), o.rounds, o.span)
	for _, r := range results {
		rows[r.name] = fmt.Sprintf("| %s | %s | %s | %s | %s | **%.2f** | %.2f | %s | %s |\n",
			r.name, r.work, span(r.ours), span(r.best), r.limit, r.ratio(), r.goal, r.verdict(), run)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks

Written by `+"`make bench`"+`. Each row is ours and its limit, measured in turn in one run: median (lowest–highest) of some
rounds. Ours is the real server with an API key or a session on every request and durable commits; every answer is
checked. On shared machines the figures drift, the ratios hardly do.

%s, %d processors

| cell | work | ours | limit | what the limit is | ratio | goal | | run |
|---|---|---|---|---|---|---|---|---|
`, runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU())
	for _, c := range cells(o) {
		b.WriteString(rows[c.name])
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
