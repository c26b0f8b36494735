package store

import (
	"context"
	"maps"
	"slices"
	"sync"

	"raff/internal/audit"
	"raff/internal/operator"
	"raff/internal/outbox"
	"raff/internal/signin"
	"raff/internal/store/engine"
	"raff/internal/team"
)

// Tx is everything that a transaction can do.
type Tx interface {
	team.Tx
	audit.Tx
	signin.Tx
	outbox.Tx
	operator.Tx
}

// Statement is a statement that was sent to a database, with its arguments.
type Statement struct {
	Text string
	Args []any
}

// Statements collects the statements of all databases that Watch was called for, by database system.
type Statements struct {
	mu    sync.Mutex
	all   map[string]map[string]Statement
	n     int      // executions
	order []string // the executions since Reset
}

// Reset forgets the executions so far, and returns them in order.
func (s *Statements) Reset() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	done := s.order
	s.order = nil
	return done
}

func (s *Statements) add(system, text string, args []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	s.order = append(s.order, text)
	if s.all == nil {
		s.all = map[string]map[string]Statement{}
	}
	if s.all[system] == nil {
		s.all[system] = map[string]Statement{}
	}
	if _, ok := s.all[system][text]; !ok {
		s.all[system][text] = Statement{text, slices.Clone(args)}
	}
}

// Number returns how many statements were sent.
func (s *Statements) Number() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// Of returns the statements for one database system.
func (s *Statements) Of(system string) []Statement {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.all[system]))
}

// Watch collects the statements of d.
func (s *Statements) Watch(d *DB) {
	w := watched{d.engine, s}
	d.engine, d.q = w, w
}

// Explain returns the plan of a statement on d.
func Explain(ctx context.Context, d *DB, how string, st Statement) ([]string, error) {
	columns := scanPlan
	if d.engine.Dialect().System == "postgresql" {
		columns = engine.ScanText
	}
	return many(ctx, d.q, columns, how+st.Text, st.Args...)
}

func scanPlan(s scanner) (detail string, err error) {
	var n number
	err = s.Scan(&n, &n, &n, (*text)(&detail))
	return detail, err
}

// watched is an engine whose statements are collected.
type watched struct {
	engine.Engine
	seen *Statements
}

func (w watched) Query(ctx context.Context, query string, args []any) (rows, error) {
	w.seen.add(w.Dialect().System, query, args)
	return w.Engine.Query(ctx, query, args)
}

func (w watched) Remembered(ctx context.Context, key engine.Key, read func(querier) (any, bool, error)) (any, error) {
	return w.Engine.(engine.Rememberer).Remembered(ctx, key, func(q querier) (any, bool, error) { return read(watchedQuerier{q, w.seen}) })
}

func (w watched) Update(ctx context.Context, locks []accountLock, c *engine.Change, fn func(session) error) error {
	return w.Engine.Update(ctx, locks, c, func(s session) error { return fn(watchedSession{s, w.seen}) })
}

type watchedQuerier struct {
	querier
	seen *Statements
}

func (w watchedQuerier) Query(ctx context.Context, query string, args []any) (rows, error) {
	w.seen.add(w.Dialect().System, query, args)
	return w.querier.Query(ctx, query, args)
}

type watchedSession struct {
	session
	seen *Statements
}

func (w watchedSession) Query(ctx context.Context, query string, args []any) (rows, error) {
	w.seen.add(w.Dialect().System, query, args)
	return w.session.Query(ctx, query, args)
}

func (w watchedSession) Exec(ctx context.Context, query string, args []any) (int64, error) {
	w.seen.add(w.Dialect().System, query, args)
	return w.session.Exec(ctx, query, args)
}

func (w watchedSession) Later(ctx context.Context, query string, args []any) error {
	w.seen.add(w.Dialect().System, query, args)
	return w.session.Later(ctx, query, args)
}

func (w watchedSession) Remembered(ctx context.Context, key engine.Key, read func(querier) (any, bool, error)) (any, error) {
	m, ok := w.session.(engine.Rememberer)
	if !ok {
		v, _, err := read(w)
		return v, err
	}
	return m.Remembered(ctx, key, func(querier) (any, bool, error) { return read(w) })
}

// Exec executes a statement in a transaction of its own, unwatched.
func Exec(ctx context.Context, d *DB, query string) error {
	return unwatched(d).Update(ctx, nil, nil, func(s session) error {
		_, err := s.Exec(ctx, query, nil)
		return err
	})
}

func unwatched(d *DB) engine.Engine {
	if w, ok := d.engine.(watched); ok {
		return w.Engine
	}
	return d.engine
}

// Texts returns the first column of the rows of a query.
func Texts(ctx context.Context, d *DB, query string, args ...any) ([]string, error) {
	return many(ctx, unwatched(d), engine.ScanText, query, args...)
}

// Setting returns the value of a setting of PostgreSQL for the statements of d.
func Setting(ctx context.Context, d *DB, name string) (string, error) {
	return one(ctx, d.q, engine.ScanText, "SELECT current_setting($1)", name)
}
