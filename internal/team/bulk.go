package team

import (
	"context"
	"errors"
	"slices"
)

// MaxBulk is the most members one request adds.
const MaxBulk = 500

// BulkResult is how one row of a bulk request ended: with a member, or with a refusal.
type BulkResult struct {
	Member Member
	Err    error
}

// AddMembers adds many members, to the account or to projects, in one transaction. A row that is refused does not hurt the
// others; when the database fails, nothing was added and the error is of the whole request.
func (s *Service) AddMembers(ctx context.Context, p *Principal, rows []NewMember) ([]BulkResult, error) {
	return s.addMembers(ctx, p, rows, s.write)
}

// NoID stands for the id of something that would be made.
const NoID = "00000000-0000-0000-0000-000000000000"

// TryAddMembers answers what AddMembers would, and adds nobody: the same checks run in a transaction that is rolled back.
// The ids of what would be made are NoID.
func (s *Service) TryAddMembers(ctx context.Context, p *Principal, rows []NewMember) ([]BulkResult, error) {
	out, err := s.addMembers(ctx, p, rows, s.try)
	made := map[string]bool{}
	for i := range out {
		if m := &out[i].Member; out[i].Err == nil {
			made[m.ID] = true
			m.ID = NoID
			if m.Invitation != nil {
				inv := *m.Invitation
				inv.ID = NoID
				m.Invitation = &inv
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

// writer is Service.write, or Service.try.
type writer func(ctx context.Context, p *Principal, lock Lock, fn func(w *work) error) error

func (s *Service) addMembers(ctx context.Context, p *Principal, rows []NewMember, write writer) ([]BulkResult, error) {
	if len(rows) == 0 || len(rows) > MaxBulk {
		return nil, invalid("members", "invalid_members", "Send 1 to %d members; %d were sent.", MaxBulk, len(rows))
	}
	if err := (&guard{Reader: s.Store, s: s, ctx: ctx, p: p, at: s.now()}).mayAddAny(rows); err != nil {
		return nil, err
	}
	rows, wrong := slices.Clone(rows), make([]error, len(rows))
	for i := range rows {
		if wrong[i] = rows[i].Invalid; wrong[i] == nil {
			wrong[i] = rows[i].check()
		}
	}
	// Two that add the same people in another order would wait for each other, row by row. Many rows run alone instead.
	lock := Adds
	if len(rows) > 1 {
		lock = TakesAway
	}
	var out []BulkResult
	err := write(ctx, p, lock, func(w *work) error {
		if err := w.mayAddAny(rows); err != nil {
			return err
		}
		// Counted before anything is written: transactions that hold rows and wait for the count could wait for each other.
		if err := w.prepayMails(invited(rows)); err != nil {
			return err
		}
		if w.alone {
			if err := w.readFor(rows); err != nil {
				return err
			}
		}
		out, w.each = make([]BulkResult, len(rows)), len(rows)
		for i, n := range rows {
			if out[i].Err = wrong[i]; out[i].Err != nil {
				continue
			}
			m, _, err := w.addMember(n)
			if refused(err) {
				out[i].Err = err
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

// invited counts the rows that may become a mail.
func invited(rows []NewMember) (n int) {
	for _, r := range rows {
		if r.Email != nil {
			n++
		}
	}
	return n
}

// mayAddAny refuses the whole request to who may invite nobody to where its first row invites.
func (g *guard) mayAddAny(rows []NewMember) error {
	projectID := rows[0].ProjectID
	if projectID != "" {
		if _, err := g.Project(g.ctx, g.p.AccountID, projectID); err != nil {
			return err
		}
	}
	return g.mayInvite(projectID)
}

// refused reports an error that is about the request, not about the server: nothing was written when it was made.
func refused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind != KindInternal && e.Kind != KindUnavailable
}

// LookupUser finds a person of the account by address, whether they are a member now or once were.
func (s *Service) LookupUser(ctx context.Context, p *Principal, email string) (User, error) {
	if err := s.require(p, MembersView, MembersManage); err != nil {
		return User{}, err
	}
	canonical, err := CanonicalEmail(email)
	if err != nil {
		return User{}, err
	}
	u, err := s.Store.UserByEmail(ctx, canonical)
	if err != nil {
		return User{}, err
	}
	return s.Store.KnownUser(ctx, p.AccountID, u.ID)
}

// KnownUser finds a person of the account by id, whether they are a member now or once were.
func (s *Service) KnownUser(ctx context.Context, p *Principal, id string) (User, error) {
	if err := s.require(p, MembersView, MembersManage); err != nil {
		return User{}, err
	}
	return s.Store.KnownUser(ctx, p.AccountID, id)
}
