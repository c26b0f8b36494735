package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

// An event has the time at which its transaction began. A transaction that began earlier may commit later, so each poll
// overlaps with the previous one.
const overlap = 15 * time.Second

func (a *app) auditTail() *cobra.Command {
	var lines int
	var interval time.Duration
	cmd := &cobra.Command{
		Use:   "tail",
		Short: "Show the latest events, and new ones as they happen",
		Long: `Show the latest events, and new ones as they happen, until Ctrl-C. With -o json, each event is one line.

If the server is unavailable for a while, the command waits for it, and no events are lost.`,
		Example: `raff audit tail
raff audit tail --lines 0 --action member.removed -o json | while read -r event; do echo "$event"; done`,
		Args: args(),
	}
	flags := addEventFlags(cmd, a)
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, _ []string) error {
		if lines < 0 || lines > 1000 || interval < 100*time.Millisecond {
			return usageError{"--lines must be 0 to 1000, and --interval at least 100ms."}
		}
		o, err := flags.options(ctx, c)
		if err != nil {
			return err
		}
		t := &tail{app: a, c: c, o: o, seen: map[string]time.Time{}}
		if err := t.follow(ctx, lines, interval); ctx.Err() == nil {
			return err
		}
		return nil // Ctrl-C is the normal way to stop
	})
	cmd.Flags().IntVarP(&lines, "lines", "n", 10, "start with the latest `n` events")
	cmd.Flags().DurationVar(&interval, "interval", 2*time.Second, "`duration` between two polls")
	noFiles(cmd, "lines", "interval")
	require(cmd, notEmpty...)
	return cmd
}

// tail follows the log. All times in it are the server's.
type tail struct {
	*app
	c      *client.Client
	o      client.ListEventsOptions
	newest time.Time
	seen   map[string]time.Time // ids of events that the next poll may return again
	began  bool                 // whether the heading was written
	away   bool
}

func (t *tail) follow(ctx context.Context, lines int, interval time.Duration) error {
	o := t.o
	o.Limit = max(lines, 1)
	page, err := t.c.Audit.List(ctx, o)
	if err != nil {
		return err
	}
	// Events as old as the newest of these existed before the start, even if they are not shown.
	last := page.Data
	if len(last) > 0 {
		if err := t.remember(ctx, last[0].CreatedAt); err != nil {
			return err
		}
	}
	if err := t.write(last[:min(lines, len(last))]); err != nil {
		return err
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if err := t.look(ctx); err != nil {
			return err
		}
	}
}

// remember marks the events up to newest as seen.
func (t *tail) remember(ctx context.Context, newest time.Time) error {
	t.newest = newest
	o := t.o
	o.Since, o.Until = newest.Add(-overlap), newest.Add(time.Microsecond)
	for e, err := range t.c.Audit.All(ctx, o) {
		if err != nil {
			return err
		}
		t.seen[e.ID] = e.CreatedAt
	}
	return nil
}

// look writes new events. It does not fail if the server is unreachable.
func (t *tail) look(ctx context.Context) error {
	o := t.o
	if !t.newest.IsZero() {
		o.Since = t.newest.Add(-overlap)
	}
	events, err := collect(t.c.Audit.All(ctx, o))
	if err != nil {
		if ctx.Err() != nil || !passing(err) {
			return err
		}
		if !t.away {
			what, _ := t.explain(err)
			t.note("%s", clean(what)+" Waiting for it.")
		}
		t.away = true
		return nil
	}
	if t.away {
		t.note("The server is available again.")
		t.away = false
	}
	events = slices.DeleteFunc(events, func(e api.AuditEvent) bool { _, old := t.seen[e.ID]; return old })
	for _, e := range events {
		t.seen[e.ID] = e.CreatedAt
		if e.CreatedAt.After(t.newest) {
			t.newest = e.CreatedAt
		}
	}
	for id, at := range t.seen {
		if at.Before(t.newest.Add(-overlap)) {
			delete(t.seen, id)
		}
	}
	return t.write(events)
}

// passing reports whether an error is temporary.
func passing(err error) bool {
	e, refused := errors.AsType[*client.Error](err)
	return !refused || e.StatusCode >= 500 || client.IsRateLimited(err)
}

// write appends events, given newest first, so that the newest is last.
func (t *tail) write(events []api.AuditEvent) error {
	slices.Reverse(events)
	switch t.output.value {
	case "json":
		for _, e := range events {
			if err := t.writeEventLine(e); err != nil {
				return err
			}
		}
		return nil
	case "yaml": // the concatenated output of several polls is one list
		if len(events) == 0 {
			return nil
		}
		return t.writeData(events)
	case "csv":
		if t.began {
			return writeRows(t.out, events, eventColumns)
		}
		t.began = true
		return writeCSV(t.out, events, eventColumns)
	}
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s  %s  %s  %s", faint.render(moment(&e.CreatedAt)), clean(e.ActorName), bold.render(clean(e.Action)), clean(e.TargetName))
		if d := detailsOf(e.Details); d != "" {
			b.WriteString("  " + faint.render(clean("("+d+")")))
		}
		b.WriteByte('\n')
	}
	return t.emit(t.out, b.String())
}

func (t *tail) writeEventLine(e api.AuditEvent) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return err
	}
	if t.jq.program != nil {
		return t.writeFiltered(buf.Bytes())
	}
	_, err := t.out.Write(buf.Bytes())
	return err
}
