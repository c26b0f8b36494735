package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/store"
	"raff/internal/team"
)

// TestEventFiltersAgainstOracle compares random filters, pages and totals of a log, with busy and quiet times and with events that
// were written late or carry the times of other clocks, with a scan of all events.
func TestEventFiltersAgainstOracle(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(1, 2))
		pick := func(of []string) string { return of[random.IntN(len(of))] }
		actors, projects, targets := []string{newID(), newID(), "system"}, []string{"", "", newID(), newID()}, []string{newID(), newID()}
		actions := []event.Action{event.ActionSignedIn, event.ActionSignedOut, event.ActionRoleCreated, event.ActionMemberAdded}
		const n = 700
		var all []event.Event
		at := w.start
		for i := range n {
			switch random.IntN(4) {
			case 0:
				at = at.Add(time.Duration(random.IntN(200)) * time.Millisecond)
			case 1:
				at = at.Add(time.Duration(random.IntN(3)) * time.Microsecond)
			default:
				at = at.Add(time.Duration(random.IntN(2000)) * time.Microsecond)
			}
			e := event.Event{ID: newID(), AccountID: w.account.ID, At: at, ActorID: pick(actors), Action: actions[random.IntN(len(actions))], Details: "{}"}
			e.TargetID, e.ProjectID = pick(targets), pick(projects)
			if random.IntN(2) == 0 { // a target that was created about now
				made := at.Add(time.Duration(random.IntN(800)-400) * time.Millisecond).UnixMilli()
				e.TargetID = fmt.Sprintf("%08x-%04x-7000-8000-%012x", made>>16, made&0xffff, i)
				targets = append(targets, e.TargetID)
			}
			all = append(all, e)
		}
		w.do(t, func(tx store.Tx) error {
			for _, e := range all {
				if err := tx.InsertEvent(w.ctx, e); err != nil {
					return err
				}
			}
			return nil
		})
		slices.SortFunc(all, func(a, b event.Event) int { return -cmpEvents(a, b) })
		maybe := func() bool { return random.IntN(3) == 0 }
		for i := range 400 {
			f := audit.Filter{AccountID: w.account.ID}
			if maybe() {
				f.ActorID = pick(actors)
			}
			if maybe() {
				f.TargetID = pick(targets)
			}
			if maybe() {
				f.ProjectID = pick(projects)
			}
			if maybe() {
				f.Action = actions[random.IntN(len(actions))]
			} else if maybe() {
				f.Actions = actions[:1+random.IntN(3)]
			}
			if maybe() {
				f.But = actions[:1+random.IntN(2)]
			}
			if maybe() {
				f.Since = all[random.IntN(n)].At
			}
			if maybe() {
				f.Until = all[random.IntN(n)].At
			}
			var want []event.Event
			for _, e := range all {
				if selects(f, e) {
					want = append(want, e)
				}
			}
			f.Page = team.Page{Limit: 1 + random.IntN(40)}
			from := 0
			switch {
			case len(want) > 0 && maybe():
				from = 1 + random.IntN(len(want))
				f.After = &team.Cursor{At: want[from-1].At, ID: want[from-1].ID}
			case maybe():
				f.Offset = random.IntN(n / 4)
				from = f.Offset
			}
			got, total, err := w.Events(w.ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			expected := want[min(from, len(want)):min(from+f.Limit, len(want))]
			id := func(e event.Event) string { return e.ID }
			if !slices.Equal(each(got, id), each(expected, id)) || total.N != len(want) || total.AtLeast {
				t.Errorf("%d: %+v: %d events of %+v, want %d of %d", i, f, len(got), total, len(expected), len(want))
			}
		}
	})
}

func cmpEvents(a, b event.Event) int {
	if c := a.At.Compare(b.At); c != 0 {
		return c
	}
	if a.ID < b.ID {
		return -1
	}
	return 1
}

func selects(f audit.Filter, e event.Event) bool {
	return (f.ActorID == "" || f.ActorID == e.ActorID) && (f.TargetID == "" || f.TargetID == e.TargetID) &&
		(f.ProjectID == "" || f.ProjectID == e.ProjectID) && (f.Action == "" || f.Action == e.Action) &&
		(len(f.Actions) == 0 || slices.Contains(f.Actions, e.Action)) && !slices.Contains(f.But, e.Action) &&
		(f.Since.IsZero() || !e.At.Before(f.Since)) && (f.Until.IsZero() || e.At.Before(f.Until))
}

// TestEventTotals: events are counted up to a limit, and once: a page after a cursor has the total of the first one.
func TestEventTotals(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		actor := newID()
		w.do(t, func(tx store.Tx) error {
			for i := range team.CountedRows + 200 {
				e := event.Event{ID: newID(), AccountID: w.account.ID, At: w.start.Add(time.Duration(i) * 30 * time.Millisecond), ActorID: actor,
					Action: event.ActionSignedIn, Details: "{}"}
				if err := tx.InsertEvent(w.ctx, e); err != nil {
					return err
				}
			}
			return nil
		})
		page := func(limit, offset int) team.Page { return team.Page{Limit: limit, Offset: offset} }
		for name, f := range map[string]audit.Filter{
			"all": {}, "by actor": {ActorID: actor}, "by action": {Action: event.ActionSignedIn}, "by both": {ActorID: actor, Action: event.ActionSignedIn},
			"since": {Since: w.start}, "by actor since": {ActorID: actor, Since: w.start},
		} {
			f.AccountID = w.account.ID
			for _, c := range []struct {
				page team.Page
				want team.Total
			}{
				{page(50, 0), team.Total{N: team.CountedRows + 1, AtLeast: true, Once: true}},
				{page(50, 1100), team.Total{N: 1151, AtLeast: true, Once: true}},
				{page(50, 1150), team.Total{N: 1200, Once: true}},
				{page(50, 1180), team.Total{N: 1200, Once: true}},
				{page(50, 1300), team.Total{N: 1200, Once: true}},
			} {
				f.Page = c.page
				rows, total, err := w.Events(w.ctx, f)
				if err != nil || total != c.want {
					t.Errorf("%s, %+v: %d rows of %+v, %v; want %+v", name, c.page, len(rows), total, err, c.want)
				}
			}
			f.Page = team.Page{Limit: 50, After: &team.Cursor{At: w.start, ID: newID(), Total: &team.Total{N: 77, Once: true}}}
			if _, total, err := w.Events(w.ctx, f); err != nil || total.N != 77 {
				t.Errorf("%s after a cursor: %+v, %v", name, total, err)
			}
		}
	})
}
