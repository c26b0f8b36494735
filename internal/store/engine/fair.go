package engine

import (
	"errors"
	"slices"

	"raff/internal/team"
)

// MaxWaiting is the maximum number of changes of one account that wait on one node. Further changes are refused, so that an
// account that sends more than the database can write does not fill the memory of the node.
const MaxWaiting = 500

// ErrBusy refuses a change because too many changes of its account are waiting, or because it waited too long for them.
var ErrBusy = team.Unavailable(errors.New("timed out waiting for other changes of the account"))

// FairQueue holds what waits, by account. Pop serves the accounts in turn, so that each waiting change of one account is
// delayed by at most one change of each other account, however many of them wait. The zero value is empty.
type FairQueue[T comparable] struct {
	waiting map[string][]T // never empty slices
	order   []string       // the accounts of waiting, the next one first
}

// Push adds v to the end of the account's queue. It returns false if MaxWaiting entries of the account wait already. Changes
// that belong to no account have the account "" and no maximum.
func (q *FairQueue[T]) Push(account string, v T) bool {
	queue := q.waiting[account]
	if account != "" && len(queue) >= MaxWaiting {
		return false
	}
	if len(queue) == 0 {
		q.order = append(q.order, account)
	}
	if q.waiting == nil {
		q.waiting = map[string][]T{}
	}
	q.waiting[account] = append(queue, v)
	return true
}

// Len returns the number of entries.
func (q *FairQueue[T]) Len() (n int) {
	for _, entries := range q.waiting {
		n += len(entries)
	}
	return n
}

// Pop removes the next entry.
func (q *FairQueue[T]) Pop() (v T, ok bool) { return q.PopIf(func(string) bool { return true }) }

// PopIf removes the next entry of the accounts for which may returns true.
func (q *FairQueue[T]) PopIf(may func(account string) bool) (v T, ok bool) {
	i := slices.IndexFunc(q.order, may)
	if i < 0 {
		return v, false
	}
	account := q.order[i]
	v = q.waiting[account][0]
	q.order = slices.Delete(q.order, i, i+1)
	if q.drop(account, 0) {
		q.order = append(q.order, account)
	}
	return v, true
}

// Remove removes an entry that no longer wants to wait; false means that it is not there.
func (q *FairQueue[T]) Remove(account string, v T) bool {
	i := slices.Index(q.waiting[account], v)
	if i < 0 {
		return false
	}
	if !q.drop(account, i) {
		q.order = slices.DeleteFunc(q.order, func(a string) bool { return a == account })
	}
	return true
}

// drop removes entry i of the account and reports whether others remain.
func (q *FairQueue[T]) drop(account string, i int) bool {
	rest := slices.Delete(q.waiting[account], i, i+1)
	if len(rest) == 0 {
		delete(q.waiting, account)
		return false
	}
	q.waiting[account] = rest
	return true
}

// AccountOf returns the account that a change with these locks is counted for, or "".
func AccountOf(locks []Lock) string {
	if len(locks) == 0 {
		return ""
	}
	return locks[0].AccountID
}
