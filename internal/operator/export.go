package operator

import (
	"context"
	"encoding/hex"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

// Export iterates over everything that belongs to an account, except secrets. Records are read in small parts, so that an export
// needs little memory. Those of an account that is in use may be of slightly different times; an account that is suspended or
// being deleted does not change.
type Export struct {
	s   *Service
	who Caller
	id  string
	// Account is the account that is exported.
	Account Account
}

// ExportedRole is a role with the names of its permissions.
type ExportedRole struct {
	team.Role
	Permissions []string
}

// exportPage is how many records an export reads at once.
const exportPage = 500

// Export starts an export, and records it. It is also possible while the account is suspended or being deleted.
func (s *Service) Export(ctx context.Context, c Caller, id string) (*Export, error) {
	x := &Export{s: s, who: c, id: id}
	err := s.store.Update(ctx, id, team.Shared, func(tx Tx) (err error) {
		if err := s.again(ctx, tx, c); err != nil {
			return err
		}
		if x.Account, err = changeable(ctx, tx, id); err != nil {
			return err
		}
		return s.recordBoth(ctx, tx, c, &x.Account, event.AccountExported{}, event.AccountExported{})
	})
	return x, err
}

// Check reads the operator key of the caller again: an export ends when the key is revoked.
func (x *Export) Check(ctx context.Context) error { return x.s.check(ctx, x.who) }

// check reads the operator key of a caller again, outside of a transaction.
func (s *Service) check(ctx context.Context, c Caller) error {
	if c.hash == nil {
		return nil
	}
	_, err := s.callerOf(ctx, s.store, c.hash)
	return err
}

// Each calls fn with every record, in the order of their references: the Account, its ExportedLogo if it has one, then each ExportedRole, team.Project,
// team.APIKey, team.Member of the account and of its projects, team.Invitation, team.ExternalID, the team.SupportAccess if
// there is any, UsageDay, event.Event and audit.Seal.
func (x *Export) Each(ctx context.Context, fn func(record any) error) error {
	ctx = team.Slow(ctx)
	if err := fn(x.Account); err != nil {
		return err
	}
	if err := x.logo(ctx, fn); err != nil {
		return err
	}
	var projects []string
	for _, part := range []func(context.Context, func(any) error) error{
		x.roles,
		func(ctx context.Context, fn func(any) error) error {
			return x.projects(ctx, func(p team.Project) error {
				projects = append(projects, p.ID)
				return fn(p)
			})
		},
		x.apiKeys,
		func(ctx context.Context, fn func(any) error) error { return x.within(ctx, projects, fn, x.members) },
		func(ctx context.Context, fn func(any) error) error { return x.within(ctx, projects, fn, x.invitations) },
		x.externalIDs, x.support, x.usage, x.log,
	} {
		if err := part(ctx, fn); err != nil {
			return err
		}
	}
	return nil
}

// ExportedLogo is the PNG file of the logo that an account has of its own.
type ExportedLogo struct{ Content []byte }

func (x *Export) logo(ctx context.Context, fn func(any) error) error {
	sum, err := hex.DecodeString(x.Account.Own().Logo)
	if err != nil || len(sum) == 0 {
		return err
	}
	content, err := x.s.store.Logo(ctx, sum)
	if err != nil {
		return team.NotFoundIs(err, nil) // it was removed since the export began
	}
	return fn(ExportedLogo{content})
}

// within calls part for the account, and for each of its projects.
func (x *Export) within(ctx context.Context, projects []string, fn func(any) error, part func(ctx context.Context, project string, fn func(any) error) error) error {
	for _, project := range append([]string{""}, projects...) {
		if err := part(ctx, project, fn); err != nil {
			return err
		}
	}
	return nil
}

// pages calls fn with every row of a list that read returns page by page. at is the position of a row.
func pages[T any](fn func(T) error, at func(*T) team.Cursor, read func(team.Page) ([]T, error)) error {
	p := team.Page{Limit: exportPage, SkipTotal: true}
	for {
		rows, err := read(p)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := fn(row); err != nil {
				return err
			}
		}
		if len(rows) < exportPage {
			return nil
		}
		last := at(&rows[len(rows)-1])
		p.After = &last
	}
}

func (x *Export) roles(ctx context.Context, fn func(any) error) error {
	all, _, err := x.s.store.Roles(ctx, team.RoleFilter{AccountID: x.id})
	for _, r := range all {
		if err == nil {
			err = fn(ExportedRole{r, x.s.team.Catalog().Names(r.Permissions)})
		}
	}
	return err
}

func (x *Export) projects(ctx context.Context, fn func(team.Project) error) error {
	return pages(fn, func(p *team.Project) team.Cursor { return team.Cursor{At: p.CreatedAt, ID: p.ID} }, func(p team.Page) ([]team.Project, error) {
		rows, _, err := x.s.store.Projects(ctx, team.ProjectFilter{AccountID: x.id, Page: p})
		return rows, err
	})
}

func (x *Export) apiKeys(ctx context.Context, fn func(any) error) error {
	return pages(func(k team.APIKey) error { return fn(k) }, func(k *team.APIKey) team.Cursor { return team.Cursor{At: k.CreatedAt, ID: k.ID} },
		func(p team.Page) ([]team.APIKey, error) {
			rows, _, err := x.s.store.APIKeys(ctx, team.APIKeyFilter{AccountID: x.id, Page: p})
			return rows, err
		})
}

func (x *Export) members(ctx context.Context, project string, fn func(any) error) error {
	return pages(func(m team.Member) error { return fn(m) }, func(m *team.Member) team.Cursor { return m.Cursor() },
		func(p team.Page) ([]team.Member, error) {
			rows, _, err := x.s.store.Members(ctx, team.MemberFilter{AccountID: x.id, ProjectID: project, Page: p})
			return rows, err
		})
}

func (x *Export) invitations(ctx context.Context, project string, fn func(any) error) error {
	return pages(func(i team.Invitation) error { return fn(i) }, func(i *team.Invitation) team.Cursor { return team.Cursor{At: i.CreatedAt, ID: i.ID} },
		func(p team.Page) ([]team.Invitation, error) {
			rows, _, err := x.s.store.Invitations(ctx, team.InvitationFilter{AccountID: x.id, ProjectID: project, Page: p})
			return rows, err
		})
}

func (x *Export) externalIDs(ctx context.Context, fn func(any) error) error {
	return pages(func(e team.ExternalID) error { return fn(e) }, (*team.ExternalID).Cursor, func(p team.Page) ([]team.ExternalID, error) {
		rows, _, err := x.s.store.ExternalIDs(ctx, team.ExternalIDFilter{AccountID: x.id, Page: p})
		return rows, err
	})
}

func (x *Export) support(ctx context.Context, fn func(any) error) error {
	a, err := x.s.team.SupportAccessOf(ctx, nil, x.id)
	if err != nil || a.Grant.ID == "" {
		return err
	}
	return fn(a)
}

func (x *Export) usage(ctx context.Context, fn func(any) error) error {
	days, err := x.s.store.UsageOf(ctx, x.id, 0, dayOf(x.s.team.Now())+1)
	return each(days, err, fn)
}

// log has the audit events, oldest first, and then the seals.
func (x *Export) log(ctx context.Context, fn func(any) error) error {
	err := x.s.store.EachEvent(ctx, x.id, time.Time{}, time.Time{}, func(e event.Event) error { return fn(e) })
	if err != nil {
		return err
	}
	seals, err := x.s.store.Seals(ctx, x.id, 1)
	for _, s := range seals {
		if err == nil {
			err = fn(s)
		}
	}
	return err
}
