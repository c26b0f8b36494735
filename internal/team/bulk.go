package team

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"raff/internal/permission"
)

// MaxBulk is the maximum number of members in one bulk request.
const MaxBulk = 500

// BulkResult is the outcome of one row of a bulk request: a member, or a refusal.
type BulkResult struct {
	Member Member
	Err    error
}

// AddMembers adds many members, to the account or to projects, in one transaction. A refused row does not affect the
// others; if the database fails, nothing is added and the whole request fails.
func (s *Service) AddMembers(ctx context.Context, p *Principal, rows []NewMember) ([]BulkResult, error) {
	return s.addMembers(ctx, p, rows, s.write)
}

// NoID is the placeholder for the id of an object that would be created.
const NoID = "00000000-0000-0000-0000-000000000000"

// TryAddMembers is a dry run of AddMembers: the same checks run in a transaction that is rolled back. The ids of
// objects that would be created are NoID.
func (s *Service) TryAddMembers(ctx context.Context, p *Principal, rows []NewMember) ([]BulkResult, error) {
	out, err := s.addMembers(ctx, p, rows, s.try)
	made := map[string]bool{}
	for i := range out {
		if m := &out[i].Member; out[i].Err == nil {
			if !m.there || made[m.ID] {
				made[m.ID] = true
				m.forget()
			}
			for j := range m.Also {
				made[m.Also[j].ID] = true
				m.Also[j].forget()
			}
		}
	}
	for i := range out {
		if e, ok := errors.AsType[*Error](out[i].Err); ok && made[e.MemberID] { // a second row for the same person
			like := *e
			like.MemberID = NoID
			out[i].Err = &like
		}
	}
	return out, err
}

// forget replaces the ids of a member that was not added after all.
func (m *Member) forget() {
	m.ID = NoID
	if m.Invitation != nil {
		inv := *m.Invitation
		inv.ID = NoID
		m.Invitation = &inv
	}
}

// writer is Service.write or Service.try.
type writer func(ctx context.Context, p *Principal, lock Lock, fn func(w *work) error) error

func (s *Service) addMembers(ctx context.Context, p *Principal, rows []NewMember, write writer) ([]BulkResult, error) {
	if len(rows) == 0 || len(rows) > MaxBulk {
		return nil, RefusalBulkSize.With(MaxBulk, len(rows))
	}
	places := 0
	for _, n := range rows {
		places += 1 + len(n.Projects)
	}
	if places > MaxBulkPlaces {
		return nil, RefusalBulkPlaces.With(MaxBulkPlaces, places)
	}
	if err := (&guard{Reader: s.store, s: s, ctx: ctx, p: p, at: s.Now()}).mayAddAny(rows); err != nil {
		return nil, err
	}
	rows, wrong := slices.Clone(rows), make([]error, len(rows))
	for i := range rows {
		if wrong[i] = rows[i].Invalid; wrong[i] == nil {
			wrong[i] = rows[i].check()
		}
	}
	// Two requests that add the same people in different order would wait for each other, row by row, so requests with
	// many rows take the exclusive lock.
	lock := rows[0].lock()
	if len(rows) > 1 || len(rows[0].ExternalIDs) > 0 {
		lock = Exclusive
	}
	var out []BulkResult
	err := write(ctx, p, lock, func(w *work) error {
		if err := w.mayAddAny(rows); err != nil {
			return err
		}
		// Counted before anything is written: transactions that hold rows and wait for the count could deadlock.
		if err := w.prepayMails(invited(rows)); err != nil {
			return err
		}
		if w.alone {
			if err := w.readFor(rows); err != nil {
				return err
			}
		}
		out, w.each = make([]BulkResult, len(rows)), places
		for i, n := range rows {
			if out[i].Err = wrong[i]; out[i].Err != nil {
				continue
			}
			taken := maps.Clone(w.taken)
			m, _, err := w.addMember(n)
			if refused(err) { // it leaves the room that was counted for it to other rows
				out[i].Err, w.taken = err, taken
				continue
			}
			if err != nil {
				return err
			}
			out[i].Member = m
		}
		w.made = out
		return w.returnMails()
	})
	return out, err
}

// invited counts the rows that may send an email.
func invited(rows []NewMember) (n int) {
	for _, r := range rows {
		if r.Email != nil {
			n++
		}
	}
	return n
}

// mayAddAny refuses the whole request if the caller may not invite anyone to any of its places.
func (g *guard) mayAddAny(rows []NewMember) error {
	var first error
	var asked []string
	for i := range rows {
		projectID := rows[i].ProjectID
		if slices.Contains(asked, projectID) {
			continue
		}
		asked = append(asked, projectID)
		err := g.mayAddTo(projectID)
		if !isRefusal(err) {
			return err
		}
		first = cmp.Or(first, err)
	}
	return first
}

func (g *guard) mayAddTo(projectID string) error {
	if projectID != "" {
		if _, err := g.Project(g.ctx, g.p.AccountID, projectID); err != nil {
			return err
		}
	}
	return g.mayInvite(projectID)
}

// refused reports whether an error is about the request, not about the server; nothing was written then.
func refused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind != KindInternal && e.Kind != KindUnavailable
}

// LookupUser finds a current or former member of the account by email.
func (s *Service) LookupUser(ctx context.Context, p *Principal, email string) (User, error) {
	if err := s.Require(p, permission.MembersView, permission.MembersManage); err != nil {
		return User{}, err
	}
	canonical, err := CanonicalEmail(email)
	if err != nil {
		return User{}, err
	}
	u, err := s.store.UserByEmail(ctx, canonical)
	if err != nil {
		return User{}, err
	}
	return s.store.KnownUser(ctx, p.AccountID, u.ID)
}

// KnownUser finds a current or former member of the account by user id.
func (s *Service) KnownUser(ctx context.Context, p *Principal, id string) (User, error) {
	if err := s.Require(p, permission.MembersView, permission.MembersManage); err != nil {
		return User{}, err
	}
	return s.store.KnownUser(ctx, p.AccountID, id)
}
