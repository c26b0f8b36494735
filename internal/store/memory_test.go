package store_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"raff/internal/permission"
	"raff/internal/store"
	"raff/internal/team"
)

// remembering is a world in which rows of every kind are remembered, and a second program that reads the same file.
type remembering struct {
	*world
	other   store.Port[store.Tx]
	key     team.APIKey
	members []team.Member
	user    team.User
	project team.Project
}

func newRemembering(t *testing.T) *remembering {
	w := newWorld(t, backends[0].url(t))
	m := &remembering{world: w, user: w.newUser(t, "bob@example.com", "Bob"), project: w.newProject(t, "Web", "web"), key: w.newKey(t, "CI")}
	invited := w.invited("alice@example.com")
	offer := *invited.Invitation
	m.members = []team.Member{w.add(t, w.person(m.user, w.admin)), w.add(t, w.keyMember(m.key, w.admin)), w.add(t, invited)}
	w.do(t, func(tx store.Tx) error {
		return tx.InsertMessage(w.ctx, team.Message{
			ID: newID(), Kind: team.MessageInvitation, AccountID: w.account.ID, InvitationID: offer.ID, NextAt: w.start, CreatedAt: w.start,
		})
	})
	w.do(t, func(tx store.Tx) error { return w.addEvent(tx, "member.added") })
	w.newSession(t, m.user, w.account.ID, "token", 1)
	var err error
	if m.other.DB, err = store.Open(w.ctx, w.url, permission.Default()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.other.DB.Close() })
	return m
}

// read reads rows of every kind: what exists and, where that is remembered, what does not exist.
func (m *remembering) read(from store.Port[store.Tx]) map[string]any {
	all := map[string]any{}
	note := func(name string, v any, err error) { all[name] = fmt.Sprintf("%+v %v", dereferenced(v), err) }
	p, err := from.KeyPrincipal(m.ctx, m.key.Hash)
	note("member of key", p.Member, err)
	p.Member = nil // its address
	note("key", p, err)
	for i, member := range m.members {
		v, err := from.Member(m.ctx, m.account.ID, "", member.ID)
		note(fmt.Sprint("invitation ", i), v.Invitation, err)
		v.Invitation = nil
		note(fmt.Sprint("member ", i), v, err)
	}
	for name, f := range map[string]team.MemberFilter{"all": {}, "suspended": {Status: team.StatusSuspended}, "in a project": {ProjectID: m.project.ID}} {
		f.AccountID, f.Limit = m.account.ID, 10
		rows, total, err := from.Members(m.ctx, f)
		for i := range rows {
			note(fmt.Sprint("pages ", name, " ", i, " invitation"), rows[i].Invitation, nil)
			rows[i].Invitation = nil
		}
		note("pages "+name, fmt.Sprint(rows, total), err)
	}
	for _, id := range []string{m.user.ID, "alice@example.com", m.members[0].ID, "unknown@example.com", "crm:7"} {
		s, err := from.Subject(m.ctx, m.account.ID, team.TypeUser, id)
		note("subject "+id, s, err)
	}
	s, err := from.Subject(m.ctx, m.account.ID, team.TypeAPIKey, m.key.ID)
	note("subject key", s, err)
	for _, id := range []string{m.project.ID, "web", "unknown"} {
		place, err := from.Place(m.ctx, m.account.ID, "project", id)
		note("place "+id, place, err)
	}
	g, err := from.GrantIn(m.ctx, &team.Subject{Type: team.TypeUser, ID: m.user.ID}, m.account.ID, m.project.ID)
	note("grant", g, err)
	r, err := from.Revision(m.ctx, m.account.ID)
	note("revision", r, err)
	return all
}

func dereferenced(v any) any {
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && !r.IsNil() {
		return r.Elem().Interface()
	}
	return v
}

// TestMemoryAfterOwnCommits changes every column of every table, and then deletes the rows of every table, and compares what
// the program that made the change reads with what another program reads.
func TestMemoryAfterOwnCommits(t *testing.T) {
	m := newRemembering(t)
	tables, err := store.Texts(m.ctx, m.DB, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'")
	if err != nil {
		t.Fatal(err)
	}
	changed := map[string]bool{}
	after := func(statement string, change func() error) {
		m.read(m.Port)
		before := m.read(m.Port)
		if err := change(); err != nil {
			return // a constraint
		}
		mine, theirs := m.read(m.Port), m.read(m.other)
		for name, v := range theirs {
			if mine[name] != v {
				t.Errorf("after %s, %s is\n%v, want\n%v", statement, name, mine[name], v)
			}
			if before[name] != v {
				changed[strings.Fields(name)[0]] = true
			}
		}
	}
	try := func(statement string) {
		after(statement, func() error { return store.Exec(m.ctx, m.DB, statement) })
	}
	after("an invitation", func() error { m.add(t, m.invited("carol@example.com")); return nil })
	after("a member of a project", func() error {
		inProject := m.person(m.user, m.admin)
		inProject.ProjectID = m.project.ID
		m.add(t, inProject)
		return nil
	})
	for _, table := range tables {
		columns, err := store.Texts(m.ctx, m.DB, "SELECT name FROM pragma_table_info($1)", table)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range columns {
			for _, value := range []string{"x'0102030405060708090a0b0c0d0e0f10'", "'changed'", "NULL", "7"} {
				try(fmt.Sprintf("UPDATE %s SET %s = %s", table, c, value))
			}
			// The next column changes a database that is whole.
			m.restore(t)
		}
	}
	for _, table := range tables {
		try("DELETE FROM " + table)
		m.restore(t)
	}
	for _, kind := range []string{"key", "member", "invitation", "pages", "subject", "place", "grant", "revision"} {
		if !changed[kind] && kind != "grant" {
			t.Errorf("no statement changed a %s", kind)
		}
	}
}

// restore begins again with a new database if the last change broke this one.
func (m *remembering) restore(t *testing.T) {
	if p, err := m.other.KeyPrincipal(m.ctx, m.key.Hash); err == nil && p.Member != nil && p.Member.Status == team.StatusActive {
		return
	}
	*m = *newRemembering(t)
}
