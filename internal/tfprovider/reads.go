package tfprovider

import (
	"context"
	"sync"

	"raff/api"
	"raff/api/client"
)

const (
	pageSize = 1000 // the largest page the server gives
	fewReads = 3
)

// reads answers the reads of a refresh in few calls, without knowing how many will come. Asking by id costs one call
// for one object; a page of the list costs one call for a thousand, of which perhaps one is wanted. So it rents until
// the rent has cost as much as buying would:
//
//  1. The first few reads go by id: a small configuration never looks at a list, however large the account is.
//  2. The next one reads the first page, which also says how many pages there are. Reads that come meanwhile, and
//     Terraform sends ten at a time, wait for it.
//  3. What is not on it goes by id, until as many reads went as pages are left. Then those are read, all at once.
//
// Whoever knew it all beforehand would pay the smaller one of n reads and p pages; this pays at most twice as much and
// the few. 1,000 members of an account of 1,000 cost 4 calls; of 100,000, 201. 3 members of 100,000 cost 3.
//
// That something is gone is never concluded from a list: what no page has is asked by id. Every write of the run
// forgets all lists, so that none is older than the last thing done.
type reads[T any] struct {
	get  func(ctx context.Context, in, id string) (*T, error)
	list func(ctx context.Context, in string, o client.ListOptions) (*api.Page[T], error)
	id   func(T) string
	few  int

	mu    sync.Mutex
	asked int
	lists map[string]*listed[T] // by what they are lists of: a project, or "" for the account
}

// read returns the object with the id, as it is on the server or was in a list of this run. It is shared: nobody
// changes it.
func (r *reads[T]) read(ctx context.Context, in, id string) (*T, error) {
	if l := r.listOf(in); l != nil {
		if row, _ := l.find(ctx, id); row != nil {
			return row, nil
		}
	}
	return r.get(ctx, in, id)
}

// lookup is read for what may well not exist: it returns nil for what a whole list does not have.
func (r *reads[T]) lookup(ctx context.Context, in, id string) (*T, error) {
	if l := r.listOf(in); l != nil {
		if row, whole := l.find(ctx, id); row != nil || whole {
			return row, nil
		}
	}
	return r.get(ctx, in, id)
}

// listOf is the list to look into, nil while there were only a few reads.
func (r *reads[T]) listOf(in string) *listed[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked++; r.asked <= r.few {
		return nil
	}
	l := r.lists[in]
	if l == nil {
		l = &listed[T]{
			page: func(ctx context.Context, o client.ListOptions) (*api.Page[T], error) { return r.list(ctx, in, o) },
			id:   r.id, next: client.ListOptions{Limit: pageSize}, left: 1, byID: map[string]*T{},
		}
		if r.lists == nil {
			r.lists = map[string]*listed[T]{}
		}
		r.lists[in] = l
	}
	return l
}

func (r *reads[T]) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked, r.lists = 0, nil
}

// listed is as much of a list as was read so far.
type listed[T any] struct {
	page func(context.Context, client.ListOptions) (*api.Page[T], error)
	id   func(T) string

	mu     sync.Mutex // held while a page is on its way
	next   client.ListOptions
	left   int // pages that were not read; the first one counts as one until it says more
	missed int // reads since the first page that went by id
	byID   map[string]*T
	broken bool // a page could not be read
}

// find returns nil for what has to be asked by id, and whether the list was read to its end.
func (l *listed[T]) find(ctx context.Context, id string) (row *T, whole bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next.Offset == 0 && l.left > 0 {
		l.advance(ctx)
	}
	if l.byID[id] == nil && l.left > 0 {
		if l.missed++; l.missed >= l.left {
			for l.left > 0 {
				l.advance(ctx)
			}
		}
	}
	return l.byID[id], l.left == 0 && !l.broken
}

// advance reads the next page. If that fails, the list ends here: who asks by id learns why.
func (l *listed[T]) advance(ctx context.Context) {
	p, err := l.page(ctx, l.next)
	l.left = 0
	if err != nil {
		l.broken = true
		return
	}
	for _, row := range p.Data {
		l.byID[l.id(row)] = &row
	}
	l.next.Cursor = p.NextCursor
	l.next.Offset += len(p.Data)
	if more := p.Total - l.next.Offset; more > 0 && len(p.Data) > 0 {
		l.left = (more + pageSize - 1) / pageSize
	}
}
