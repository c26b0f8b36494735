package team

import (
	"context"
	"maps"
	"slices"
	"time"
)

// manyRows is the transaction of a change that adds many members and runs exclusively in its account. It reads the data
// for all rows at once, and reads nothing twice: otherwise the account would be locked for as many round trips to the
// database as there are rows.
type manyRows struct {
	Tx
	// memberships are the memberships of every email among the rows, including those that the change added.
	memberships map[string][]Member
	users       map[string]answer[User]
	keys        map[string]answer[APIKey]
	roles       map[string]answer[Role]
	projects    map[string]answer[Project]
	seats       map[seat]answer[Member]
	principals  map[string]answer[KeyPrincipal]
	accounts    map[string]answer[Account]
	holders     map[string]answer[[]SecretHolder]
	used        map[string]answer[time.Duration]
}

// seat is a scope in which someone may be a member.
type seat struct {
	projectID string
	is        PrincipalType
	id        string
}

// answer is the result of a read; ErrNotFound is also a result.
type answer[T any] struct {
	found T
	err   error
}

// readOnce returns the stored result of a read, or reads and stores it.
func readOnce[K comparable, T any](kept map[K]answer[T], key K, read func() (T, error)) (T, error) {
	if a, ok := kept[key]; ok {
		return a.found, a.err
	}
	v, err := read()
	if err == nil || IsNotFound(err) {
		kept[key] = answer[T]{v, err}
	}
	return v, err
}

// readFor makes w read the data for these rows at once.
func (w *work) readFor(rows []NewMember) error {
	t := &manyRows{
		Tx: w.Tx, memberships: map[string][]Member{}, users: map[string]answer[User]{}, keys: map[string]answer[APIKey]{},
		roles: map[string]answer[Role]{}, projects: map[string]answer[Project]{}, seats: map[seat]answer[Member]{},
		principals: map[string]answer[KeyPrincipal]{}, accounts: map[string]answer[Account]{},
		holders: map[string]answer[[]SecretHolder]{}, used: map[string]answer[time.Duration]{},
	}
	if err := t.read(w.ctx, w.p.AccountID, rows); err != nil {
		return err
	}
	w.Tx, w.Reader = t, t
	return nil
}

func (t *manyRows) read(ctx context.Context, accountID string, rows []NewMember) error {
	people, keys, addresses := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, n := range rows {
		switch {
		case n.canonical != "":
			addresses[n.canonical] = true
		case n.UserID != nil:
			people[*n.UserID] = true
		case n.APIKeyID != nil:
			keys[*n.APIKeyID] = true
			addresses[KeyEmail(*n.APIKeyID)] = true
		}
	}
	if err := t.readUsers(ctx, accountID, people); err != nil {
		return err
	}
	for _, u := range t.users {
		if u.err == nil {
			addresses[u.found.CanonicalEmail] = true
		}
	}
	if err := t.readKeys(ctx, accountID, keys); err != nil {
		return err
	}
	found, err := t.MembershipsOfAll(ctx, accountID, slices.Sorted(maps.Keys(addresses)))
	if err != nil {
		return err
	}
	for a := range addresses {
		t.memberships[a] = nil
	}
	members := map[string]bool{}
	for _, m := range found {
		t.memberships[m.CanonicalEmail] = append(t.memberships[m.CanonicalEmail], m)
		if _, known := t.users[m.UserID]; m.Type == TypeUser && !known {
			members[m.UserID] = true
		}
	}
	return t.readUsers(ctx, accountID, members)
}

// readUsers also stores which users are unknown in the account.
func (t *manyRows) readUsers(ctx context.Context, accountID string, ids map[string]bool) error {
	found, err := t.KnownUsers(ctx, accountID, slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return err
	}
	for id := range ids {
		t.users[id] = answer[User]{err: ErrNotFound}
	}
	for _, u := range found {
		t.users[u.ID] = answer[User]{found: u}
	}
	return nil
}

func (t *manyRows) readKeys(ctx context.Context, accountID string, ids map[string]bool) error {
	found, err := t.APIKeysOf(ctx, accountID, slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return err
	}
	for id := range ids {
		t.keys[id] = answer[APIKey]{err: ErrNotFound}
	}
	for _, k := range found {
		t.keys[k.ID] = answer[APIKey]{found: k}
	}
	return nil
}

// KnownUser is also called for users who vouched for someone.
func (t *manyRows) KnownUser(ctx context.Context, accountID, id string) (User, error) {
	return readOnce(t.users, id, func() (User, error) { return t.Tx.KnownUser(ctx, accountID, id) })
}

// User is only called for users who are members of the account, and therefore known there.
func (t *manyRows) User(ctx context.Context, id string) (User, error) {
	if a, ok := t.users[id]; ok && a.err == nil {
		return a.found, nil
	}
	return t.Tx.User(ctx, id)
}

func (t *manyRows) APIKey(ctx context.Context, accountID, id string) (APIKey, error) {
	return readOnce(t.keys, id, func() (APIKey, error) { return t.Tx.APIKey(ctx, accountID, id) })
}

func (t *manyRows) Role(ctx context.Context, accountID, id string) (Role, error) {
	return readOnce(t.roles, id, func() (Role, error) { return t.Tx.Role(ctx, accountID, id) })
}

func (t *manyRows) Project(ctx context.Context, accountID, id string) (Project, error) {
	return readOnce(t.projects, id, func() (Project, error) { return t.Tx.Project(ctx, accountID, id) })
}

func (t *manyRows) Account(ctx context.Context, id string) (Account, error) {
	return readOnce(t.accounts, id, func() (Account, error) { return t.Tx.Account(ctx, id) })
}

func (t *manyRows) KeyPrincipalByID(ctx context.Context, id string) (KeyPrincipal, error) {
	return readOnce(t.principals, id, func() (KeyPrincipal, error) { return t.Tx.KeyPrincipalByID(ctx, id) })
}

func (t *manyRows) SecretHolders(ctx context.Context, keyID string) ([]SecretHolder, error) {
	return readOnce(t.holders, keyID, func() ([]SecretHolder, error) { return t.Tx.SecretHolders(ctx, keyID) })
}

func (t *manyRows) MemberOf(ctx context.Context, accountID, projectID string, is PrincipalType, id string) (Member, error) {
	return readOnce(t.seats, seat{projectID, is, id}, func() (Member, error) { return t.Tx.MemberOf(ctx, accountID, projectID, is, id) })
}

func (t *manyRows) MembershipsOf(ctx context.Context, accountID, canonical string) ([]Member, error) {
	if all, ok := t.memberships[canonical]; ok {
		return all, nil
	}
	return t.Tx.MembershipsOf(ctx, accountID, canonical)
}

func (t *manyRows) MemberByEmail(ctx context.Context, accountID, projectID, canonical string) (Member, error) {
	all, ok := t.memberships[canonical]
	if !ok {
		return t.Tx.MemberByEmail(ctx, accountID, projectID, canonical)
	}
	if i := slices.IndexFunc(all, func(m Member) bool { return m.ProjectID == projectID }); i >= 0 {
		return all[i], nil
	}
	return Member{}, ErrNotFound
}

// InsertMember does not wait for a result of the database, because all existing memberships were already read.
func (t *manyRows) InsertMember(ctx context.Context, m Member) (bool, error) {
	all, ok := t.memberships[m.CanonicalEmail]
	if !ok {
		return t.Tx.InsertMember(ctx, m)
	}
	if slices.ContainsFunc(all, func(o Member) bool { return o.ProjectID == m.ProjectID }) {
		return false, nil
	}
	t.memberships[m.CanonicalEmail] = append(all, m)
	delete(t.seats, seat{m.ProjectID, TypeUser, m.UserID})
	delete(t.seats, seat{m.ProjectID, TypeAPIKey, m.APIKeyID})
	delete(t.principals, m.APIKeyID)
	return true, t.InsertNewMember(ctx, m)
}

// LimitWait uses the stored state of each limit, which the rows themselves do not change.
func (t *manyRows) LimitWait(ctx context.Context, limits []Limit, n int, at time.Time) (longest time.Duration, err error) {
	for _, l := range limits {
		used, err := readOnce(t.used, l.Subject, func() (time.Duration, error) { return t.Tx.LimitWait(ctx, []Limit{l}, l.Burst, at) })
		if err != nil {
			return 0, err
		}
		longest = max(longest, used-l.Every*time.Duration(l.Burst-n))
	}
	return longest, nil
}
