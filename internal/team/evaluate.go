package team

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"raff/internal/permission"
)

// Question asks whether a subject may do something with a resource.
type Question struct {
	SubjectType, SubjectID   string
	Action                   string
	ResourceType, ResourceID string
	// Properties are those in the request; nil if there are none.
	Properties Properties
}

// Properties are the properties in a request for a decision.
type Properties interface {
	// Property returns a property; the zero Value if it is absent or not a string, number or boolean.
	Property(of permission.Part, name string) permission.Value
}

// asked are the properties of a request together with what the database knows about the subject.
type asked struct {
	Properties
	email string
}

func (a *asked) SubjectEmail() string { return a.email }

func (a *asked) Property(of permission.Part, name string) permission.Value {
	if a.Properties == nil {
		return ""
	}
	return a.Properties.Property(of, name)
}

// Answer is a decision with its explanation.
type Answer struct {
	Allowed bool
	Reason  Reason
	// Until is when the answer changes if nothing is changed before; zero means never.
	Until time.Time
	// Text, GrantedBy and WouldGrant are only set for callers who may see them. The lists name roles by their slugs.
	Text                  string
	GrantedBy, WouldGrant []string
	// By is the grant that allows or, for a denial, the subject's own one in the place of the question; its RoleID is empty
	// if there is none. Granting are the roles that grant the permission there. Both are only set with Text.
	By       Grant
	Granting []Role
}

// Asker evaluates questions of one caller, at one state of the database. It must not be used concurrently.
type Asker struct {
	s        *Service
	ctx      context.Context
	account  string
	named    bool // objects of the account have external ids
	explains bool
	closed   bool   // nobody can use the account: everything is denied, and searches find nothing
	roles    []Role // of the account, after they were read
	now      time.Time
	c        *permission.Catalog
	proposed *proposal // nil: c is the catalog in use
	answered int
}

// Answered returns how many questions were evaluated.
func (a *Asker) Answered() int { return a.answered }

// Consult starts the evaluation of questions for p: all of them see the database as it was at one moment after Consult was
// called. ctx is for authenticating p. done must be called.
func (s *Service) Consult(ctx context.Context) (pinned context.Context, done func()) {
	return s.store.Snapshot(ctx)
}

// TryConsult is a cheaper Consult. Everything that uses the context may fail with ErrChanged, because of a change in the
// meantime: the questions must then be evaluated again with Consult.
func (s *Service) TryConsult(ctx context.Context) (pinned context.Context, done func()) {
	return s.store.TrySnapshot(ctx)
}

// Asker returns an Asker for p. ctx is from Consult or TryConsult.
func (s *Service) Asker(ctx context.Context, p *Principal) (*Asker, error) {
	if err := s.Require(p, permission.DecisionsEvaluate); err != nil {
		return nil, err
	}
	return &Asker{s: s, ctx: ctx, account: p.AccountID, named: p.account.HasExternalIDs, explains: s.has(p, permission.DecisionsExplain), closed: p.closed != nil, now: s.Now(), c: s.catalog}, nil
}

// Revision returns the state of the account in which the questions are evaluated.
func (a *Asker) Revision() (Revision, error) { return a.s.store.Revision(a.ctx, a.account) }

// Evaluate answers a question.
func (a *Asker) Evaluate(q *Question) (Answer, error) {
	a.answered++
	id, known := a.c.Action(q.Action, q.ResourceType)
	if !known {
		return a.unknown(ReasonNoPermission, "The catalog has no permission or action "+quoted(q.Action)+"."), nil
	}
	sub, err := a.subject(q.SubjectType, q.SubjectID)
	if err != nil {
		return Answer{}, err
	}
	if sub == nil {
		return a.unknown(ReasonNoSubject, "This account has no "+subjectWord(q.SubjectType)+" "+quoted(q.SubjectID)+"."), nil
	}
	place, in, err := a.place(q.ResourceType, q.ResourceID)
	if err != nil {
		return Answer{}, err
	}
	if place == nil {
		return a.unknown(ReasonNoResource, "This account has no "+Shorten(q.ResourceType)+" "+quoted(q.ResourceID)+"."), nil
	}
	g, err := a.s.subjectIn(a.ctx, a.account, sub, place.ProjectID)
	if err != nil {
		return Answer{}, err
	}
	g.Closed = a.closed
	if a.proposed != nil {
		a.proposed.translate(&g.Account)
		a.proposed.translate(&g.Project)
	}
	d := Decide(a.c, &g, id, in, a.facts(q.Properties, sub.Email, id), a.now)
	out := Answer{Allowed: d.Allowed, Reason: d.Reason, Until: d.Until}
	if a.explains {
		err = a.explain(&out, d, &g, id, sub, place)
	}
	return out, err
}

// facts returns the facts for the conditions of a permission; nil if it has none.
func (a *Asker) facts(p Properties, email string, id permission.ID) permission.Facts {
	if len(a.c.Permission(id).Conditions) == 0 {
		return nil
	}
	return &asked{p, email}
}

// subject finds the subject of a question; nil if there is none.
func (a *Asker) subject(kind, id string) (*Subject, error) {
	switch t := PrincipalType(kind); t {
	case TypeUser, TypeAPIKey:
		if id == "" || !IsText(id) {
			return nil, nil
		}
		return a.s.store.Subject(a.ctx, a.account, t, id)
	}
	return nil, nil
}

// place finds the resource of a question; nil if there is none.
func (a *Asker) place(kind, id string) (*Place, Where, error) {
	switch {
	case kind == permission.TypeAccount:
		if id != a.account {
			return nil, InAccount, nil
		}
		return &Place{ID: id}, InAccount, nil
	case id == "" || !IsText(id) || kind != permission.TypeProject && !a.c.Declares(kind):
		return nil, InProject, nil
	}
	p, err := a.s.store.Place(a.ctx, a.account, kind, id)
	return p, whereOf(kind), err
}

// whereOf returns the place of resources of a type.
func whereOf(kind string) Where {
	switch kind {
	case permission.TypeAccount:
		return InAccount
	case permission.TypeProject:
		return InProject
	}
	return OnResource
}

func (a *Asker) unknown(why Reason, text string) Answer {
	out := Answer{Reason: why}
	if a.explains {
		out.Text = text
	}
	return out
}

func subjectWord(kind string) string {
	if kind == string(TypeAPIKey) {
		return "API key"
	}
	return Shorten(kind)
}

func quoted(s string) string { return fmt.Sprintf("%q", Shorten(s)) }

// explain adds the text and the roles to an answer.
func (a *Asker) explain(out *Answer, d Decision, g *Grants, id permission.ID, sub *Subject, place *Place) error {
	p := a.c.Permission(id)
	who, where := cmp.Or(sub.Name, sub.Email), "the account"
	if place.ProjectID != "" {
		where = place.ProjectName
	}
	if d.Allowed {
		out.By = *d.By
		out.GrantedBy = []string{"role:" + d.By.RoleSlug}
		out.Text = fmt.Sprintf("%s may %s in %s: the role %s grants it.", who, p.Name, where, d.By.RoleName)
		return nil
	}
	granting, err := a.granting(id)
	if err != nil {
		return err
	}
	var names []string
	out.Granting = granting
	for _, r := range granting {
		out.WouldGrant = append(out.WouldGrant, "role:"+r.Slug)
		names = append(names, r.Name)
	}
	own := &g.Account
	if p.Scope == permission.ScopeProject {
		own = &g.Project
	}
	if out.By = *own; d.By != nil {
		out.By = *d.By
	}
	out.Text = fmt.Sprintf("%s may not %s in %s: %s", who, p.Name, where, a.because(d, own))
	if d.Reason == ReasonMissing && len(names) > 0 {
		out.Text += " These roles grant it: " + strings.Join(names, ", ") + "."
	}
	return nil
}

// because describes why a decision denies.
func (a *Asker) because(d Decision, own *Grant) string {
	switch d.Reason {
	case ReasonScope:
		return "this permission does not apply to resources of this type."
	case ReasonCondition:
		return fmt.Sprintf("the role %s grants it, but the properties of the request do not meet a condition of the catalog.", d.By.RoleName)
	case ReasonAccountSuspended:
		return "the account is suspended."
	case ReasonSuspended:
		return "the membership is suspended."
	case ReasonPending:
		return fmt.Sprintf("the invitation has not been accepted yet. Its role %s would grant it.", d.By.RoleName)
	case ReasonExpired:
		return fmt.Sprintf("the membership with the role %s has expired.", d.By.RoleName)
	case ReasonKeyDisabled:
		return "the API key is disabled."
	case ReasonKeyExpired:
		return "the API key has expired."
	}
	if own.Status == "" {
		return "there is no role there."
	}
	if own.Status == StatusPending {
		return fmt.Sprintf("the invitation has not been accepted yet, and the role %s does not grant it.", own.RoleName)
	}
	return fmt.Sprintf("the role %s does not grant it.", own.RoleName)
}

// granting returns the roles of the account that grant a permission.
func (a *Asker) granting(id permission.ID) (out []Role, err error) {
	if a.roles == nil {
		if a.roles, _, err = a.s.store.Roles(a.ctx, RoleFilter{AccountID: a.account}); err != nil {
			return nil, err
		}
		if a.proposed != nil {
			a.roles = a.proposed.roles(a.roles)
		}
	}
	scope := a.c.Permission(id).Scope
	for _, r := range a.roles {
		if r.IsOwner() || r.Scope == scope && a.c.Effective(r.Permissions).Holds(id) {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Role) int { return boolOrder(a.IsOwner()) - boolOrder(b.IsOwner()) })
	return out, nil
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}
