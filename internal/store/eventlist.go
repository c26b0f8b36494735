package store

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/store/engine"
	"raff/internal/team"
)

const (
	sliceBits = 16 // a slice of the table event_slices has 1 << sliceBits microseconds
	lastSlice = 1<<47 - 1
	// createdWithin is how many milliseconds an event may be before or after the time in the id of its target if it is not in
	// event_slices.
	createdWithin = 250
	// slicesAtOnce is how many slices are looked up at once, and setsAtOnce for how many sets.
	slicesAtOnce, setsAtOnce = 64, 64
)

// eventSet is a set of events in event_slices: those with a subject of some kind and an action. For a target, action is empty.
type eventSet struct{ kind, subject, action string }

// eventSets returns sets that together have all events that the filter selects, and perhaps others; ok is false if the whole log
// has to be read.
func (r reader) eventSets(ctx context.Context, f audit.Filter, actors []string) (sets []eventSet, ok bool, err error) {
	switch {
	case f.TargetID != "":
		return []eventSet{{"target", f.TargetID, ""}}, true, nil
	case actors != nil:
		sets, err = r.setsOf(ctx, f, "actor", actors)
	case f.ProjectID != "":
		sets, err = r.setsOf(ctx, f, "project", []string{f.ProjectID})
	case f.Action != "" || len(f.Actions) > 0 || len(f.But) > 0:
		sets, err = r.setsOf(ctx, f, "action", []string{""})
	default:
		return nil, false, nil
	}
	return sets, true, err
}

// setsOf returns one set for each action of each subject. Without actions in the filter, it looks up which there are.
func (r reader) setsOf(ctx context.Context, f audit.Filter, kind string, subjects []string) (sets []eventSet, err error) {
	actions := f.Actions
	if f.Action != "" {
		actions = []event.Action{f.Action}
	}
	for _, s := range subjects {
		for _, a := range actions {
			sets = append(sets, eventSet{kind, s, string(a)})
		}
	}
	if len(actions) == 0 {
		for _, subject := range subjects {
			found, err := many(ctx, r.q, scanText, actionsOf, uid(f.AccountID), kind, word(subject))
			if err != nil {
				return nil, err
			}
			for _, a := range found {
				sets = append(sets, eventSet{kind, subject, a})
			}
		}
	}
	return slices.DeleteFunc(sets, func(s eventSet) bool { return slices.Contains(f.But, event.Action(s.action)) }), nil
}

// actionsOf finds the actions of a subject. Each step goes to the next one, so that the cost does not depend on the number of slices.
const actionsOf = `WITH RECURSIVE found (action) AS (SELECT MIN(action) FROM event_slices WHERE account_id = $1 AND kind = $2 AND subject = $3
	UNION ALL SELECT (SELECT MIN(s.action) FROM event_slices s WHERE s.account_id = $1 AND s.kind = $2 AND s.subject = $3 AND s.action > found.action)
	FROM found WHERE found.action IS NOT NULL) SELECT action FROM found WHERE action IS NOT NULL`

func scanText(s scanner) (v string, err error) {
	err = s.Scan((*text)(&v))
	return v, err
}

// eventWalk reads the events of a filter, newest first, slice by slice.
type eventWalk struct {
	reader
	filter    audit.Filter
	matching  condition // on e; $1 is the account
	sets      []eventSet
	created   span   // where the event about the creation of the target may be; see event_slices
	low, high int64  // the slices that were not looked up yet, including both
	left      []span // of slices that were looked up but not read
	size      int    // how many spans to read next
}

// span is a range of slices, including both.
type span struct{ from, to int64 }

func (r reader) walkEvents(f audit.Filter, matching condition, sets []eventSet) *eventWalk {
	w := &eventWalk{reader: r, filter: f, matching: matching, sets: sets, high: lastSlice, size: 1}
	if !f.Since.IsZero() {
		w.low = max(0, f.Since.UnixMicro()>>sliceBits)
	}
	if !f.Until.IsZero() {
		w.high = min(w.high, f.Until.UnixMicro()>>sliceBits)
	}
	if f.After != nil {
		w.high = min(w.high, f.After.At.UnixMicro()>>sliceBits)
	}
	if ms, ok := timeOf(f.TargetID); ok {
		w.created = span{(ms - createdWithin) * 1000 >> sliceBits, ((ms+createdWithin)*1000 + 999) >> sliceBits}
	} else {
		w.created = span{0, -1}
	}
	return w
}

// timeOf returns the milliseconds since 1970 in the first 48 bits of an id.
func timeOf(id string) (ms int64, ok bool) {
	if !uid(id).Valid() {
		return 0, false
	}
	ms, err := strconv.ParseInt(id[:8]+id[9:13], 16, 64)
	return ms, err == nil
}

// next returns the next spans of slices that may have events of the sets, newest first; none at the end.
func (w *eventWalk) next(ctx context.Context) ([]span, error) {
	for len(w.left) == 0 && w.low <= w.high {
		if err := w.lookUp(ctx); err != nil {
			return nil, err
		}
	}
	n := min(w.size, len(w.left))
	found := w.left[:n]
	w.left = w.left[n:]
	w.size = min(4*w.size, slicesAtOnce)
	return found, nil
}

// lookUp finds the next slices.
func (w *eventWalk) lookUp(ctx context.Context) error {
	var found []int64
	for some := range slices.Chunk(w.sets, setsAtOnce) {
		query, args := w.slicesOf(some)
		more, err := many(ctx, w.q, scanSlice, query, args...)
		if err != nil {
			return err
		}
		found = append(found, more...)
	}
	slices.Sort(found)
	found = slices.Compact(found)
	slices.Reverse(found)
	whole := len(found) < slicesAtOnce
	end := w.low
	if !whole {
		found = found[:slicesAtOnce]
		end = found[slicesAtOnce-1]
	}
	for s := min(w.created.to, w.high); s >= max(w.created.from, end); s-- {
		found = append(found, s)
	}
	slices.Sort(found)
	for _, at := range slices.Backward(found) {
		switch last := len(w.left) - 1; {
		case last >= 0 && w.left[last].from <= at+1:
			w.left[last].from = at
		default:
			w.left = append(w.left, span{at, at})
		}
	}
	w.high = end - 1
	return nil
}

// slicesOf returns the query for the next slices of these sets.
func (w *eventWalk) slicesOf(sets []eventSet) (string, []any) {
	var c condition
	account := c.number("?", uid(w.filter.AccountID))
	rest := c.number(" AND slice BETWEEN ? AND ? ORDER BY slice DESC LIMIT ? + 0", w.low, w.high, slicesAtOnce)
	size := 1
	for size < len(sets) {
		size *= 2
	}
	queries := make([]string, size) // there are few different numbers of them, so that the database can reuse its plans
	for i := range queries {
		s := eventSet{"none", "", ""}
		if i < len(sets) {
			s = sets[i]
		}
		queries[i] = "SELECT * FROM (SELECT DISTINCT slice FROM event_slices WHERE account_id = " + account +
			c.number(" AND kind = ? AND subject = ? AND action = ?", s.kind, word(s.subject), s.action) + rest + ") m" + strconv.Itoa(i)
	}
	return strings.Join(queries, " UNION ALL "), c.args
}

func scanSlice(s scanner) (int64, error) {
	var n number
	err := s.Scan(&n)
	return int64(n), err
}

// in returns a query for the matching events in these spans. Events in one span are read in order.
func (w *eventWalk) in(columns string, found []span, tail string, args ...any) (string, []any) {
	c := condition{args: slices.Clone(w.matching.args)}
	if len(found) == 1 {
		return "SELECT " + columns + " FROM audit_events e WHERE " + w.matching.sql.String() +
			c.number(" AND e.at >= ? AND e.at < ?", found[0].from<<sliceBits, (found[0].to+1)<<sliceBits) + c.number(tail, args...), c.args
	}
	size := 4
	for size < len(found) {
		size *= 4
	}
	parts := make([]string, size)
	for i := range parts {
		s := span{0, -1}
		if i < len(found) {
			s = found[i]
		}
		parts[i] = c.number("(CAST(? AS BIGINT), CAST(? AS BIGINT))", s.from<<sliceBits, (s.to+1)<<sliceBits)
	}
	return "SELECT " + columns + " FROM (VALUES " + strings.Join(parts, ", ") + ") m0 CROSS JOIN audit_events e WHERE " + w.matching.sql.String() +
		" AND e.at >= m0.column1 AND e.at < m0.column2" + c.number(tail, args...), c.args
}

// page reads one page of the events.
func (w *eventWalk) page(ctx context.Context, p team.Page) (rows []event.Event, err error) {
	skip := max(0, p.Offset)
	if p.After != nil {
		skip = 0
	}
	for p.Limit == 0 || len(rows) < p.Limit {
		found, err := w.next(ctx)
		if err != nil || len(found) == 0 {
			return rows, err
		}
		tail, args := " ORDER BY e.at DESC, e.id DESC", []any(nil)
		if p.Limit > 0 {
			tail, args = tail+" LIMIT ? + 0", []any{p.Limit - len(rows) + skip}
		}
		query, all := w.in(eventColumns, found, tail, args...)
		more, err := many(ctx, w.q, scanEvent, query, all...)
		if err != nil {
			return nil, err
		}
		n := min(skip, len(more))
		skip, rows = skip-n, append(rows, more[n:]...)
	}
	return rows, nil
}

// total counts the events, but at most most.
func (w *eventWalk) total(ctx context.Context, most int) (n int, err error) {
	if w.exact() {
		// Each row has at least one event.
		for _, s := range w.sets {
			more, err := one(ctx, w.q, engine.ScanNumber, `SELECT COUNT(*) FROM (SELECT DISTINCT slice FROM event_slices WHERE account_id = $1
				AND kind = $2 AND subject = $3 AND action = $4 LIMIT $5 + 0) m`, uid(w.filter.AccountID), s.kind, word(s.subject), s.action, most)
			if err != nil {
				return 0, err
			}
			if n += more; n >= most {
				return most, nil
			}
		}
		n = 0
	}
	w.size = slicesAtOnce
	for n < most {
		found, err := w.next(ctx)
		if err != nil || len(found) == 0 {
			return n, err
		}
		query, args := w.in("1", found, " LIMIT ? + 0", most-n)
		more, err := one(ctx, w.q, engine.ScanNumber, "SELECT COUNT(*) FROM ("+query+") m", args...)
		if err != nil {
			return n, err
		}
		n += more
	}
	return n, nil
}

// exact reports whether the filter selects all events of its sets.
func (w *eventWalk) exact() bool {
	f := w.filter
	subjects := 0
	for _, given := range []bool{f.TargetID != "", f.ActorID != "" || f.Actor != "", f.ProjectID != ""} {
		if given {
			subjects++
		}
	}
	byAction := f.Action != "" || len(f.Actions) > 0 || len(f.But) > 0
	return f.Since.IsZero() && f.Until.IsZero() && subjects <= 1 && (f.TargetID == "" || !byAction) && (f.ActorID == "" || f.Actor == "")
}
