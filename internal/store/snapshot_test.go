package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"raff/internal/store"
	"raff/internal/team"
)

// All reads of a snapshot see one state, also rows that were remembered, and later requests see what was committed.
func TestSnapshotIsOneState(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		project := team.Project{
			ID: uuid.NewString(), AccountID: w.account.ID, Name: "One", Slug: "one", CreatedAt: w.start, UpdatedAt: w.start,
		}
		insert := func(p team.Project) {
			t.Helper()
			if err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error { _, err := tx.InsertProject(w.ctx, p); return err }); err != nil {
				t.Fatal(err)
			}
		}
		insert(project)
		read := func(ctx context.Context, slug string, want bool) {
			t.Helper()
			p, err := w.Place(ctx, w.account.ID, "project", slug)
			if err != nil || (p != nil) != want {
				t.Errorf("%s: %v %v, want it %v", slug, p, err, want)
			}
		}
		ctx, done := w.Snapshot(w.ctx)
		read(ctx, "one", true)
		second := project
		second.ID, second.Name, second.Slug = uuid.NewString(), "Two", "two"
		insert(second)
		read(ctx, "two", false)
		read(ctx, "one", true)
		read(w.ctx, "two", true)
		other, doneOther := w.Snapshot(w.ctx)
		read(other, "two", true)
		read(ctx, "two", false)
		doneOther()
		done()
		ctx, done = w.Snapshot(w.ctx)
		read(ctx, "two", true)
		done()
		// Reads with the context of a snapshot that ended are plain reads.
		read(ctx, "one", true)
	})
}

// TrySnapshot returns remembered rows of one state. After a change, a row that is not remembered is refused if it cannot be
// read from that state.
func TestTrySnapshotIsOneState(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		project := func(slug string) {
			t.Helper()
			p := team.Project{ID: uuid.NewString(), AccountID: w.account.ID, Name: slug, Slug: slug, CreatedAt: w.start, UpdatedAt: w.start}
			if err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error { _, err := tx.InsertProject(w.ctx, p); return err }); err != nil {
				t.Fatal(err)
			}
		}
		project("one")
		if _, err := w.Place(w.ctx, w.account.ID, "project", "one"); err != nil { // remembers it
			t.Fatal(err)
		}
		ctx, done := w.TrySnapshot(w.ctx)
		if p, err := w.Place(ctx, w.account.ID, "project", "one"); err != nil || p == nil {
			t.Fatalf("before the change: %v %v", p, err)
		}
		project("two")
		p, err := w.Place(ctx, w.account.ID, "project", "two")
		if err == nil && p != nil || err != nil && !errors.Is(err, team.ErrChanged) {
			t.Errorf("a later project is seen: %v %v", p, err)
		}
		if p, err := w.Place(ctx, w.account.ID, "project", "one"); err != nil || p == nil {
			t.Errorf("after the change: %v %v", p, err)
		}
		done()
		for range 2 { // the first one reads it from the database
			later, done := w.TrySnapshot(w.ctx)
			if p, err := w.Place(later, w.account.ID, "project", "two"); err != nil || p == nil {
				t.Errorf("afterwards: %v %v", p, err)
			}
			done()
		}
	})
}

// A row that another request read after a change is not part of an earlier snapshot, although that request began before the change.
func TestSnapshotWithoutRowsOfLaterReads(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		bob := w.newUser(t, "bob@example.com", "Bob")
		members := []team.Member{w.add(t, w.person(bob, w.admin)), w.add(t, w.invited("alice@example.com"))}
		since := func(ctx context.Context, m team.Member) time.Time {
			t.Helper()
			m, err := w.Member(ctx, w.account.ID, "", m.ID)
			if err != nil {
				t.Fatal(err)
			}
			return m.CreatedAt
		}
		// Every new connection to PostgreSQL clears the memory, so the ones that the test uses are opened first.
		var warm []func()
		for range 4 {
			open, done := w.Snapshot(w.ctx)
			warm = append(warm, done)
			since(open, members[0])
		}
		for _, done := range warm {
			done()
		}
		snapshot, done := w.Snapshot(w.ctx)
		defer done()
		before := since(snapshot, members[0])
		pinned, donePinned := w.Pin(w.ctx)
		defer donePinned()
		since(pinned, members[0])
		if err := store.Exec(w.ctx, w.DB, "UPDATE memberships SET created_at = created_at + 1000000"); err != nil {
			t.Fatal(err)
		}
		since(pinned, members[1])
		if after := since(snapshot, members[1]); !after.Equal(members[1].CreatedAt) || !since(snapshot, members[0]).Equal(before) {
			t.Errorf("the second row is from %v, want %v as before the change", after, members[1].CreatedAt)
		}
	})
}
