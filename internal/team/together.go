package team

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"raff/internal/event"
)

const (
	// MaxTogether is the maximum number of projects to which one person is added in one request.
	MaxTogether = 20
	// MaxBulkPlaces is the maximum number of memberships that one bulk request adds.
	MaxBulkPlaces = 2000
)

// lock returns the lock that adding the member takes. Several memberships are checked before the first one is written, so
// nothing else may change the account in between.
func (n *NewMember) lock() Lock {
	if n.together() {
		return Exclusive
	}
	return Shared
}

// together reports whether the memberships are added with addTogether.
func (n *NewMember) together() bool { return len(n.Projects) > 0 || n.SkipExisting }

// checkTogether validates the projects and the proposed name.
func (n *NewMember) checkTogether() error {
	if n.Name != "" {
		if n.Email == nil {
			return RefusalNameNotProposed.With()
		}
		if err := CheckName(n.Name, MaxPersonName); err != nil {
			return err
		}
	}
	if len(n.Projects) > MaxTogether {
		return RefusalTooManyProjects.With(MaxTogether, len(n.Projects))
	}
	seen := map[string]bool{n.ProjectID: true}
	for _, p := range n.Projects {
		switch {
		case p.ProjectID == "" || p.RoleID == "":
			return RefusalNoProjectRole.With()
		case seen[p.ProjectID]:
			return RefusalProjectTwice.With()
		}
		seen[p.ProjectID] = true
	}
	return nil
}

// places returns one NewMember for the membership itself and for each project.
func (n *NewMember) places() []NewMember {
	first := *n
	first.Projects = nil
	all := []NewMember{first}
	for _, p := range n.Projects {
		each := first
		each.ProjectID, each.RoleID, each.ExternalIDs = p.ProjectID, p.RoleID, nil
		all = append(all, each)
	}
	return all
}

// together is what the memberships share that one person gets in one request.
type together struct {
	lead    string // the id of the first invitation, whose email is about all of them
	added   []OfferedPlace
	noticed bool
}

// follow makes an invitation belong to the others.
func (t *together) follow(inv *Invitation) {
	if t == nil {
		return
	}
	if t.lead == "" {
		t.lead = inv.ID
	}
	inv.LeadID = t.lead
}

// notice reports whether to send the person a notice about a new membership, and which other places it mentions.
func (t *together) notice() (also []OfferedPlace, first bool) {
	if t == nil {
		return nil, true
	}
	first, t.noticed = !t.noticed, true
	if len(t.added) > 0 {
		also = t.added[1:]
	}
	return also, first
}

// mailed reports whether an invitation has an email of its own.
func (i *Invitation) mailed() bool {
	return i != nil && i.State == InvitationQueued && (i.LeadID == "" || i.leads())
}

// addTogether adds one person to several places. All of them are checked before the first is written, so that a refusal
// leaves nothing behind.
func (w *work) addTogether(n NewMember) (Member, *Invitation, error) {
	taken, with := maps.Clone(w.taken), &together{}
	var all []adding
	var there *Error // why the first place that is skipped is skipped
	pending := false
	for i, at := range n.places() {
		a, err := w.planTogether(at, i == 0)
		if e, ok := errors.AsType[*Error](err); ok && n.SkipExisting && e.SameRole {
			there = cmp.Or(there, e)
			continue
		}
		if err != nil {
			w.taken = taken
			return Member{}, nil, inPlace(err, at, i)
		}
		all = append(all, a)
		if pending = pending || a.m.Type == TypeInvitation; a.m.Type == TypeUser {
			with.added = append(with.added, OfferedPlace{a.m.ProjectName, a.m.Role.Name})
		}
	}
	if len(all) == 0 {
		return Member{}, nil, there
	}
	if pending && w.s.mailDelivered && w.prepaid == 0 {
		w.taken = taken
		return Member{}, nil, w.mayMail()
	}
	var lead *Invitation
	var added []Member
	for _, a := range all {
		m, inv, err := w.add(a, with)
		if err != nil {
			return Member{}, nil, internal(err)
		}
		lead = cmp.Or(lead, inv)
		added = append(added, m)
	}
	if first := added[0]; first.ProjectID == n.ProjectID {
		first.Also = added[1:]
		return first, lead, nil
	}
	first, err := w.skipped(n, added[0])
	first.Also, first.there = added, true
	return first, lead, err
}

// skipped returns the membership of the request itself, which exists already. A caller who may not view members there learns
// nothing about a person but the id, as from the refusal without SkipExisting; the rest is as in the first one that was added.
func (w *work) skipped(n NewMember, added Member) (Member, error) {
	there, err := w.MemberByEmail(w.ctx, w.p.AccountID, n.ProjectID, added.CanonicalEmail)
	if err != nil || there.Type == TypeInvitation {
		return there, err // those who invite may view invitations
	}
	err = w.s.mayView(w.ctx, w, w.p, n.ProjectID, memberViewers)
	if !isRefusal(err) {
		return there, err
	}
	added.ID, added.ProjectID, added.ProjectName, added.Role = there.ID, there.ProjectID, there.ProjectName, there.Role
	return added, nil
}

// planTogether is plan with all checks that a single membership leaves to the database.
func (w *work) planTogether(n NewMember, first bool) (adding, error) {
	a, err := w.plan(n)
	if err != nil {
		return a, err
	}
	if err := w.alreadyMember(a.m); !IsNotFound(err) {
		if e, ok := errors.AsType[*Error](err); ok && n.SkipExisting && !e.SameRole {
			e.Field = "role_id"
		}
		return a, err
	}
	switch {
	case first:
		err = w.reserve(&a.m)
	case a.m.Type == TypeInvitation:
		err = w.room(CountedInvitations)
	}
	return a, err
}

// inPlace makes a refusal name the project that it is about. i is the index of the place; the first one is that of the
// request itself.
func inPlace(err error, at NewMember, i int) error {
	if i == 0 {
		return err
	}
	if IsNotFound(err) {
		err = invalidReference("projects.project_id", "project")
	}
	if e, ok := errors.AsType[*Error](err); ok {
		like := *e
		like.Field, like.ProjectID = "projects", at.ProjectID
		return &like
	}
	return err
}

// internal hides a refusal that comes too late to leave nothing behind, so that the whole transaction fails.
func internal(err error) error {
	if refused(err) {
		return errors.New("add a person to several places: " + err.Error())
	}
	return err
}

// companions returns the other open invitations that were made together with one.
func (s *Service) companions(ctx context.Context, r Reader, inv Invitation) (all []Invitation, err error) {
	if inv.LeadID == "" {
		return nil, nil
	}
	members, err := r.MembershipsOf(ctx, inv.AccountID, inv.CanonicalEmail)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.ID == inv.MemberID || m.Type != TypeInvitation || m.Invitation == nil || m.Invitation.LeadID != inv.LeadID {
			continue
		}
		each, err := r.Invitation(ctx, inv.AccountID, m.Invitation.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, each)
	}
	return all, nil
}

// OfferedTogether returns the other places of the invitations that were made together with one and can be accepted.
func (s *Service) OfferedTogether(ctx context.Context, inv Invitation) ([]OfferedPlace, error) {
	return s.alsoOffered(ctx, s.store, inv)
}

func (s *Service) alsoOffered(ctx context.Context, r Reader, inv Invitation) (also []OfferedPlace, err error) {
	all, err := s.companions(ctx, r, inv)
	for _, each := range all {
		if each.acceptable(s.Now()) {
			also = append(also, OfferedPlace{each.ProjectName, each.Role.Name})
		}
	}
	return also, err
}

// errMailLimited is why the email of invitations failed that was due because another one was cancelled, in the words of the API.
const errMailLimited = "The limit of emails was reached. Send the invitation again later."

// passOn makes another invitation the one whose email is about the rest, and queues that email, when the invitation of m
// is cancelled. It has to be one that can be accepted, because all are accepted with its link.
func (w *work) passOn(m Member) error {
	if m.Invitation == nil || !m.Invitation.leads() {
		return nil
	}
	rest, err := w.s.companions(w.ctx, w, *m.Invitation)
	if err != nil || len(rest) == 0 {
		return err
	}
	next := max(slices.IndexFunc(rest, func(i Invitation) bool { return i.acceptable(w.at) }), 0)
	lead := rest[next]
	for _, each := range rest {
		if err := w.LeadInvitation(w.ctx, each, lead.ID); err != nil {
			return err
		}
	}
	if !w.s.mailDelivered || lead.open(w.at) != nil {
		return nil //nolint:nilerr // an invitation that has ended gets no email
	}
	if lead.MemberStatus != StatusPending { // requeue sends it
		return w.setMail([]Invitation{lead}, InvitationQueued, "")
	}
	if err := w.prepayMails(1); err != nil {
		return err
	}
	if w.prepaid == 0 {
		return w.setMail(rest, InvitationFailed, errMailLimited)
	}
	return w.queueMail(lead)
}

// setMail stores the state of the email of those invitations that are open.
func (w *work) setMail(all []Invitation, state InvitationState, failure string) error {
	for _, inv := range all {
		if inv.open(w.at) != nil {
			continue
		}
		inv.State, inv.MailError, inv.MailRetryAt, inv.UpdatedAt = state, failure, time.Time{}, w.at
		if err := w.UpdateInvitation(w.ctx, inv); err != nil {
			return err
		}
	}
	return nil
}

// renew makes the invitations that one leads as good as the one that is sent again, as far as the caller may invite there.
func (w *work) renew(lead Invitation) error {
	if !lead.leads() {
		return nil
	}
	rest, err := w.s.companions(w.ctx, w, lead)
	if err != nil {
		return err
	}
	for _, each := range rest {
		inv, m, err := w.invitationToSend(each.ID)
		if isRefusal(err) || IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		inv.State, inv.ExpiresAt, inv.UpdatedAt, inv.InvitedBy, inv.InvitedByUser = lead.State, lead.ExpiresAt, lead.UpdatedAt, lead.InvitedBy, lead.InvitedByUser
		inv.MailError, inv.MailRetryAt = lead.MailError, lead.MailRetryAt
		if err := w.UpdateInvitation(w.ctx, inv); err != nil {
			return err
		}
		if err := w.recordMember(m, false, event.InvitationResent{ProjectName: m.ProjectName, RoleName: m.Role.Name}); err != nil {
			return err
		}
	}
	return nil
}
