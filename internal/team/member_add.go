package team

import (
	"context"

	"raff/internal/event"
	"raff/internal/permission"
)

// AddMember adds a person, an invited email or an API key to the account or a project. An email that is not in the
// account yet becomes a pending member and gets an invitation; everyone else is active immediately.
func (s *Service) AddMember(ctx context.Context, p *Principal, n NewMember) (Member, error) {
	if err := n.check(); err != nil {
		return Member{}, err
	}
	var m Member
	err := s.write(ctx, p, n.lock(), func(w *work) error {
		var err error
		m, _, err = w.addOne(n)
		w.made = m
		return err
	})
	if err != nil {
		return Member{}, err
	}
	return m, nil
}

// addOne is addMember for a write that adds only one member.
func (w *work) addOne(n NewMember) (m Member, inv *Invitation, err error) {
	if n.Email != nil {
		if err := w.prepayMails(1); err != nil {
			return m, nil, err
		}
	}
	if m, inv, err = w.addMember(n); err != nil {
		return m, inv, err
	}
	return m, inv, w.returnMails()
}

func (w *work) addMember(n NewMember) (m Member, inv *Invitation, err error) {
	if err := n.check(); err != nil {
		return m, nil, err
	}
	if n.together() {
		return w.addTogether(n)
	}
	a, err := w.plan(n)
	if err != nil {
		return m, nil, err
	}
	return w.add(a, nil)
}

// adding is a membership that may be added, and is not written yet.
type adding struct {
	m         Member
	n         NewMember
	delegated bool
}

// plan checks whether the caller may add the member. It writes nothing.
func (w *work) plan(n NewMember) (a adding, err error) {
	pr, err := w.mayAdd(n)
	if err != nil {
		return a, err
	}
	role, err := w.Role(w.ctx, w.p.AccountID, n.RoleID)
	if err != nil {
		return a, NotFoundIs(err, invalidReference("role_id", "role"))
	}
	m := Member{
		ID: w.s.newID(), AccountID: w.p.AccountID, ProjectID: n.ProjectID, ProjectName: pr.Name, Role: role, Status: StatusActive,
		ManagedBy: n.ManagedBy, InvitedBy: w.p.by(), CreatedAt: w.at, UpdatedAt: w.at,
	}
	if m.ManagedBy == "" {
		m.ManagedBy = ManagedByAPI
	}
	if err := w.bindTo(&m, n); err != nil {
		return a, err
	}
	delegated, err := w.mayBind(m.subject(), role, n.ProjectID)
	if err != nil {
		return a, err
	}
	return adding{m, n, delegated}, w.mayIdentify(&m, n.ExternalIDs)
}

// add writes a planned membership. with is nil, or what it shares with the others that are added together.
func (w *work) add(a adding, with *together) (Member, *Invitation, error) {
	m := a.m
	inv, err := w.insertMember(&m, a, with)
	if err != nil || len(a.n.ExternalIDs) == 0 {
		return m, inv, err
	}
	return m, inv, w.rename(&m, m.target(), a.n.ExternalIDs.change())
}

// check validates the request itself, and parses the email, if there is one. It is called before the transaction, to
// keep that short; a checked request is not checked again.
func (n *NewMember) check() (err error) {
	if n.canonical != "" {
		return nil
	}
	given := 0
	for _, v := range []*string{n.Email, n.UserID, n.APIKeyID} {
		if v != nil {
			given++
		}
	}
	if given != 1 {
		which := "email, target_user_id and api_key_id"
		if n.ProjectID != "" {
			which = "target_user_id and api_key_id"
		}
		return RefusalExactlyOnePrincipal.With(which, given)
	}
	if n.RoleID == "" {
		return RefusalNoRole.With()
	}
	if err := n.ExternalIDs.change().check(); err != nil {
		return err
	}
	if err := n.checkTogether(); err != nil {
		return err
	}
	if n.Email != nil {
		n.canonical, err = CanonicalEmail(*n.Email)
	}
	return err
}

// mayAdd checks the permission to add a member, and finds the project, if any.
func (g *guard) mayAdd(n NewMember) (Project, error) {
	if n.ProjectID == "" {
		if n.Email != nil {
			return Project{}, g.s.Require(g.p, permission.MembersManage, permission.MembersInvite)
		}
		return Project{}, g.s.Require(g.p, permission.MembersManage)
	}
	pr, err := g.Project(g.ctx, g.p.AccountID, n.ProjectID)
	if err != nil {
		return pr, err
	}
	names := []string{permission.ProjectMembersManage}
	if n.Email != nil {
		names = append(names, permission.ProjectMembersInvite)
	}
	return pr, g.s.requireIn(g.ctx, g, g.p, n.ProjectID, names, permission.MembersManage)
}

// bindTo sets the principal: an existing user or key, or an invited email.
func (w *work) bindTo(m *Member, n NewMember) error {
	switch {
	case n.UserID != nil:
		u, err := w.KnownUser(w.ctx, w.p.AccountID, *n.UserID)
		if err != nil {
			return NotFoundIs(err, invalidReference("target_user_id", "user"))
		}
		m.bindUser(u)
	case n.APIKeyID != nil:
		k, err := w.APIKey(w.ctx, w.p.AccountID, *n.APIKeyID)
		if err != nil {
			return NotFoundIs(err, invalidReference("api_key_id", "API key"))
		}
		m.bindKey(k)
	default:
		m.Type, m.Email, m.CanonicalEmail, m.Status = TypeInvitation, *n.Email, n.canonical, StatusPending
		m.InvitedAt = w.at
		there, err := w.MembershipsOf(w.ctx, w.p.AccountID, n.canonical)
		if err != nil {
			return err
		}
		for _, t := range there {
			if t.Type == TypeUser {
				u, err := w.User(w.ctx, t.UserID)
				if err != nil {
					return err
				}
				atOnce, err := w.isThemselves(u, n)
				if err != nil || !atOnce {
					return err
				}
				m.bindUser(u)
				m.Status = StatusActive
				break
			}
		}
	}
	return nil
}

// isThemselves reports whether a member of the account counts as the owner of their email, so that they get a role
// immediately. A user who joined by a fetched link only counts if whoever fetched it may assign this role, too:
// otherwise someone with few permissions could fetch a link, pose as that user, and receive a larger role that someone
// else offers to the same email.
func (w *work) isThemselves(u User, n NewMember) (bool, error) {
	if u.Proven {
		return true, nil
	}
	role, err := w.Role(w.ctx, w.p.AccountID, n.RoleID)
	if err != nil {
		return false, NotFoundIs(err, invalidReference("role_id", "role"))
	}
	return w.vouches(u.VouchedBy, u, role, n.ProjectID)
}

// vouches reports whether the principal by may assign the role to a user.
func (w *work) vouches(by string, u User, role Role, projectID string) (bool, error) {
	p, err := w.principalNow(w.p.AccountID, by)
	if err != nil {
		return false, NotFoundIs(err, nil)
	}
	voucher := w.guard
	voucher.p = p
	if _, err = voucher.mayBind(subject{userID: u.ID, canonical: u.CanonicalEmail}, role, projectID); isRefusal(err) {
		return false, nil
	}
	return err == nil, err
}

func (m *Member) bindUser(u User) {
	m.Type, m.UserID, m.Email, m.CanonicalEmail, m.Name, m.Language = TypeUser, u.ID, u.Email, u.CanonicalEmail, u.Name, u.Language
}

func (m *Member) bindKey(k APIKey) {
	m.Type, m.APIKeyID, m.Email, m.CanonicalEmail, m.Name = TypeAPIKey, k.ID, KeyEmail(k.ID), KeyEmail(k.ID), k.Name
}

// insertMember writes the membership, its event and, for someone invited by email, the invitation and its email.
func (w *work) insertMember(m *Member, a adding, with *together) (*Invitation, error) {
	if with == nil {
		if err := w.reserve(m); err != nil {
			if isRefusal(err) {
				if there := w.alreadyMember(*m); !IsNotFound(there) {
					return nil, there // more room would not help
				}
			}
			return nil, err
		}
	}
	var inv *Invitation
	if a.n.Email != nil {
		inv = w.newInvitation(m)
		if m.Invitation != nil {
			inv.ProposedName = a.n.Name
			with.follow(inv)
		}
	}
	if inv.mailed() && w.s.mailDelivered && w.prepaid == 0 {
		if err := w.alreadyMember(*m); !IsNotFound(err) {
			return nil, err // retrying later would not help
		}
		return nil, w.mayMail()
	}
	ok, err := w.InsertMember(w.ctx, *m)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, w.alreadyMember(*m)
	}
	if m.Type == TypeUser {
		if err := w.KnowUser(w.ctx, m.AccountID, User{ID: m.UserID, Name: m.Name, CanonicalEmail: m.CanonicalEmail}, w.at); err != nil {
			return nil, err
		}
		if also, first := with.notice(); first {
			if err := w.notify(*m, NoticeAdded, also...); err != nil {
				return nil, err
			}
		}
	}
	var told event.Payload = memberAdded(*m)
	if inv != nil {
		if err := w.InsertInvitation(w.ctx, *inv); err != nil {
			return nil, err
		}
		if m.Invitation != nil {
			told = event.InvitationCreated{
				PrincipalType: string(m.Type), ProjectName: m.ProjectName, Role: m.Role.Slug, RoleName: m.Role.Name, Status: string(m.Status),
				ProposedName: inv.ProposedName,
			}
			if inv.mailed() {
				if err := w.queueMail(*inv); err != nil {
					return nil, err
				}
			}
		}
	}
	return inv, w.recordMember(*m, a.delegated, told)
}

// reserve counts the membership against the limits of the account.
func (w *work) reserve(m *Member) error {
	if err := w.seat(m); err != nil || m.Type != TypeInvitation {
		return err
	}
	return w.room(CountedInvitations)
}

func memberAdded(m Member) event.MemberAdded {
	return event.MemberAdded{
		MemberName: m.personName(), PrincipalType: string(m.Type), ProjectName: m.ProjectName,
		Role: m.Role.Slug, RoleName: m.Role.Name, Status: string(m.Status),
	}
}

// alreadyMember returns the error for an existing membership that conflicts with m.
func (w *work) alreadyMember(m Member) error {
	old, err := w.MemberByEmail(w.ctx, m.AccountID, m.ProjectID, m.CanonicalEmail)
	if err != nil {
		return err
	}
	e := RefusalAlreadyMember.With(Phrase{Text: principalWord(old.Type)})
	if old.Type == TypeInvitation {
		e = RefusalAlreadyInvited.With()
		if old.Invitation != nil {
			e.State = old.Invitation.StateAt(w.at)
		}
	}
	e.MemberID, e.SameRole = old.ID, old.Role.ID == m.Role.ID
	return e
}

func principalWord(t PrincipalType) string {
	if t == TypeAPIKey {
		return "API key"
	}
	return "person"
}

func invalidReference(field, noun string) error {
	return RefusalUnknownReference.At(field, field, noun)
}
