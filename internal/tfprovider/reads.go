package tfprovider

import (
	"context"
	"sync"

	"raff/api"
	"raff/api/client"
)

const (
	pageSize = 1000 // the largest page size of the server
	fewReads = 3
)

// reads answers the reads of a refresh with few calls, without knowing how many reads will come. A read by ID costs one
// call for one object; a page of the list costs one call for a thousand objects, of which perhaps one is needed. It
// works like the ski rental problem:
//
//  1. The first few reads are by ID: a small configuration never reads a list, however large the account is.
//  2. The next one reads the first page, which also tells the number of pages. Concurrent reads, of which Terraform sends ten at a time, wait for it.
//  3. Objects that are not on it are read by ID, until the number of reads equals the number of remaining pages. Then all remaining pages are read.
//
// The optimum is the smaller one of n reads and p pages; this costs at most twice as much, plus the first few. 1,000
// members of an account of 1,000 cost 4 calls; of 100,000, 201. 3 members of 100,000 cost 3.
//
// A list never proves that an object is gone: an object that is on no page is read by ID. Every write of the run
// discards all lists, so that no list is older than the last write.
type reads[T any] struct {
	get  func(ctx context.Context, in, id string) (*T, error)
	list func(ctx context.Context, in string, o client.ListOptions) (*api.Page[T], error)
	id   func(T) string
	few  int

	mu    sync.Mutex
	asked int
	lists map[string]*listed[T] // by project ID, or "" for the account
}

// read returns the object with the ID, from the server or from a list of this run. It is shared and must not be
// modified.
func (r *reads[T]) read(ctx context.Context, in, id string) (*T, error) {
	if l := r.listOf(in); l != nil {
		if row, _ := l.find(ctx, id); row != nil {
			return row, nil
		}
	}
	return r.get(ctx, in, id)
}

// lookup is read for an object that may not exist: it returns nil if a complete list does not have it.
func (r *reads[T]) lookup(ctx context.Context, in, id string) (*T, error) {
	if l := r.listOf(in); l != nil {
		if row, whole := l.find(ctx, id); row != nil || whole {
			return row, nil
		}
	}
	return r.get(ctx, in, id)
}

// listOf is the list to search, or nil while there were only a few reads.
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

// listed is the part of a list that was read so far.
type listed[T any] struct {
	page func(context.Context, client.ListOptions) (*api.Page[T], error)
	id   func(T) string

	mu     sync.Mutex // held while a page is being read
	next   client.ListOptions
	left   int // number of pages that were not read; 1 until the first page tells it
	missed int // reads by ID since the first page
	byID   map[string]*T
	broken bool // a page could not be read
}

// find returns nil for an object that must be read by ID, and whether the list is complete.
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

// advance reads the next page. If that fails, the list is abandoned: the read by ID then reports the error.
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
