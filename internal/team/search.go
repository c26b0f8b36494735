package team

import (
	"strconv"
	"strings"
	"time"

	"raff/internal/permission"
)

// Found is a result of a search: a subject or a resource.
type Found struct{ Type, ID string }

const (
	// lookAhead is the number of memberships or resources that a search reads at a time.
	lookAhead = 500
	// maxLooked is the maximum number of them that one page of a search looks at. A page that reaches it has fewer results
	// than its limit, or none.
	maxLooked = 5000
)

// errCursor is the error for a position that no search returned.
var errCursor = RefusalSearchToken.With()

// Subjects finds the subjects that may do what q asks, ignoring its subject's id. next is the position after the page; empty at the
// end. Subjects are named by their external id or, if they have none, by their id.
func (a *Asker) Subjects(q *Question, after string, limit int) (found []Found, next string, err error) {
	holders, next, err := a.Who(q, after, limit)
	if err != nil || holders == nil {
		return nil, next, err
	}
	found, err = a.nameSubjects(PrincipalType(q.SubjectType), holders)
	return found, next, err
}

// Who is Subjects with the membership by which each of them was found.
func (a *Asker) Who(q *Question, after string, limit int) (found []Holder, next string, err error) {
	id, known := a.s.catalog.Action(q.Action, q.ResourceType)
	t := PrincipalType(q.SubjectType)
	if a.closed || !known || t != TypeUser && t != TypeAPIKey {
		return nil, "", nil
	}
	place, in, err := a.place(q.ResourceType, q.ResourceID)
	if err != nil || place == nil {
		return nil, "", err
	}
	s := subjectSearch{a: a, q: q, id: id, in: in, limit: limit}
	// Those with the Owner role are not members of the project, so they are found first.
	s.lists = []HolderFilter{{AccountID: a.account, Type: t, Limit: lookAhead}}
	if a.s.catalog.Permission(id).Scope == permission.ScopeProject {
		s.lists[0].Owners = true
		s.lists = append(s.lists, HolderFilter{AccountID: a.account, ProjectID: place.ProjectID, Type: t, Limit: lookAhead})
	}
	if in == InAccount {
		s.lists = s.lists[:1]
	}
	if err := s.resume(after); err != nil {
		return nil, "", err
	}
	if next, err = s.run(); err != nil {
		return nil, "", err
	}
	return s.found, next, nil
}

// subjectSearch looks through lists of memberships, one after the other.
type subjectSearch struct {
	a      *Asker
	q      *Question
	id     permission.ID
	in     Where
	lists  []HolderFilter
	at     int // the current list
	limit  int
	looked int
	found  []Holder
	last   string // position of the last one found
}

// resume goes to a position: the number of the list, the time and the id of the membership.
func (s *subjectSearch) resume(after string) error {
	if after == "" {
		return nil
	}
	parts := strings.Split(after, ".")
	if len(parts) != 3 {
		return errCursor
	}
	list, err := strconv.Atoi(parts[0])
	micros, err2 := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || err2 != nil || list < 0 || list >= len(s.lists) {
		return errCursor
	}
	s.at = list
	s.lists[list].After = &Cursor{At: time.UnixMicro(micros).UTC(), ID: parts[2]}
	return nil
}

func (s *subjectSearch) position(c Cursor) string {
	return strconv.Itoa(s.at) + "." + strconv.FormatInt(c.At.UnixMicro(), 10) + "." + c.ID
}

func (s *subjectSearch) run() (next string, err error) {
	for s.at < len(s.lists) {
		f := &s.lists[s.at]
		read, err := s.a.s.store.Holders(s.a.ctx, *f)
		if err != nil {
			return "", err
		}
		for i := range read {
			if h := &read[i]; s.allowed(h) {
				if len(s.found) == s.limit {
					return s.last, nil
				}
				s.found, s.last = append(s.found, *h), s.position(h.At)
			}
		}
		if len(read) < f.Limit {
			s.at++
			continue
		}
		f.After = &read[len(read)-1].At
		if s.looked += len(read); s.looked >= maxLooked {
			return s.position(*f.After), nil
		}
	}
	return "", nil
}

func (s *subjectSearch) allowed(h *Holder) bool {
	if h.ID == "" {
		return false // an invitation
	}
	facts := s.a.facts(s.q.Properties, h.Email, s.id)
	if !Decide(s.a.s.catalog, &h.Grants, s.id, s.in, facts, s.a.now).Allowed {
		return false
	}
	if s.at == 0 {
		return true
	}
	owner := h.Grants
	owner.Project = Grant{}
	return !Decide(s.a.s.catalog, &owner, s.id, s.in, facts, s.a.now).Allowed // otherwise found in the first list
}

// nameSubjects returns the ids by which a service knows these subjects.
func (a *Asker) nameSubjects(t PrincipalType, holders []Holder) ([]Found, error) {
	var ids []string
	for _, h := range holders {
		if t == TypeAPIKey {
			ids = append(ids, h.ID)
		} else {
			ids = append(ids, h.MemberID, h.AccountMemberID)
		}
	}
	names, err := a.externalNames(ids)
	if err != nil {
		return nil, err
	}
	found := make([]Found, 0, len(holders))
	for _, h := range holders {
		id := h.ID
		for _, object := range []string{h.ID, h.MemberID, h.AccountMemberID} {
			if name := names[object]; name != "" {
				id = name
			}
		}
		found = append(found, Found{string(t), id})
	}
	return found, nil
}

// externalNames returns the first external id of each of the objects that has one.
func (a *Asker) externalNames(objects []string) (map[string]string, error) {
	if !a.named || len(objects) == 0 {
		return nil, nil
	}
	all, err := a.s.store.ExternalIDsOf(a.ctx, a.account, objects)
	names := map[string]string{}
	for _, x := range all {
		if names[x.ObjectID] == "" {
			names[x.ObjectID] = x.Value
		}
	}
	return names, err
}

// Resources finds the resources of q's type with which its subject may do what q asks, ignoring its resource's id. next is
// the position after the page; empty at the end. Projects are named by their external id or, if they have none, by their
// id.
func (a *Asker) Resources(q *Question, after string, limit int) (found []Found, next string, err error) {
	id, known := a.s.catalog.Action(q.Action, q.ResourceType)
	if a.closed || !known {
		return nil, "", nil
	}
	sub, err := a.subject(q.SubjectType, q.SubjectID)
	if err != nil || sub == nil {
		return nil, "", err
	}
	facts, in := a.facts(q.Properties, sub.Email, id), whereOf(q.ResourceType)
	everywhere := Decide(a.s.catalog, &sub.Grants, id, in, facts, a.now).Allowed
	if in == InAccount {
		if everywhere {
			found = []Found{{permission.TypeAccount, a.account}}
		}
		return found, "", nil
	}
	f := PlaceFilter{AccountID: a.account, After: after, Limit: min(limit+1, lookAhead)}
	if in == OnResource {
		if f.Type = q.ResourceType; !a.s.catalog.Declares(f.Type) {
			return nil, "", nil
		}
	}
	if !everywhere {
		if f.Subject = sub; sub.ID == "" {
			return nil, "", nil
		}
	}
	return a.resources(q.ResourceType, f, limit, func(g Grant) bool {
		grants := sub.Grants
		grants.Project = g
		return everywhere || Decide(a.s.catalog, &grants, id, in, facts, a.now).Allowed
	})
}

// resources collects a page of resources.
func (a *Asker) resources(kind string, f PlaceFilter, limit int, allowed func(Grant) bool) (found []Found, next string, err error) {
	var ids []string
	for looked := 0; ; looked += f.Limit {
		read, err := a.s.store.Places(a.ctx, f)
		if err != nil {
			return nil, "", err
		}
		for _, p := range read {
			if !allowed(p.Grant) {
				continue
			}
			if len(found) == limit {
				next = found[limit-1].ID
				break
			}
			found, ids = append(found, Found{kind, p.ID}), append(ids, p.ID)
		}
		if next != "" || len(read) < f.Limit {
			break
		}
		f.After = read[len(read)-1].ID
		if looked >= maxLooked {
			next = f.After
			break
		}
	}
	if kind != permission.TypeProject {
		return found, next, nil
	}
	names, err := a.externalNames(ids)
	for i := range found {
		if name := names[found[i].ID]; name != "" {
			found[i].ID = name
		}
	}
	return found, next, err
}

// Actions finds what q's subject may do with its resource. next is the position after the page; empty at the end. A
// permission is named by the actions of the catalog that stand for it or, if there is none, by its own name.
func (a *Asker) Actions(q *Question, after string, limit int) (found []string, next string, err error) {
	sub, err := a.subject(q.SubjectType, q.SubjectID)
	if err != nil || sub == nil {
		return nil, "", err
	}
	place, in, err := a.place(q.ResourceType, q.ResourceID)
	if err != nil || place == nil {
		return nil, "", err
	}
	g, err := a.s.subjectIn(a.ctx, a.account, sub, place.ProjectID)
	if err != nil {
		return nil, "", err
	}
	g.Closed = a.closed
	skip := 0
	if after != "" {
		if skip, err = strconv.Atoi(after); err != nil || skip < 0 {
			return nil, "", errCursor
		}
	}
	for i := range a.s.catalog.Grantable("") {
		id := permission.ID(i)
		if Decide(a.s.catalog, &g, id, in, a.facts(q.Properties, sub.Email, id), a.now).Allowed {
			found = append(found, a.s.catalog.ActionNames(id, q.ResourceType)...)
		}
	}
	found = found[min(skip, len(found)):]
	if len(found) > limit {
		found, next = found[:limit], strconv.Itoa(skip+limit)
	}
	return found, next, nil
}
