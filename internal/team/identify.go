package team

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"raff/internal/event"
	"raff/internal/permission"
)

// ExternalIDs are the external ids of one object, by source.
type ExternalIDs map[string]string

// ExternalIDChange sets the external ids of some sources, and removes those whose value is nil. Other sources stay
// unchanged.
type ExternalIDChange map[string]*string

// ExternalRef is an external id as a filter. The zero value does not filter.
type ExternalRef struct{ Source, Value string }

// MaxExternalIDs is the maximum number of external ids of a member, project, role or API key.
const MaxExternalIDs = 20

// ParseExternalRef parses SOURCE:ID, or ext:SOURCE:ID.
func ParseExternalRef(text string) (ExternalRef, bool) {
	source, value, ok := SplitExternalID("ext:" + strings.TrimPrefix(text, "ext:"))
	return ExternalRef{source, value}, ok
}

// identified is an object that can have external ids.
type identified interface {
	identity() (kind, id string, ids *ExternalIDs)
}

func (m *Member) identity() (kind, id string, ids *ExternalIDs) {
	return ExternalMember, m.ID, &m.ExternalIDs
}

func (p *Project) identity() (kind, id string, ids *ExternalIDs) {
	return ExternalProject, p.ID, &p.ExternalIDs
}

func (r *Role) identity() (kind, id string, ids *ExternalIDs) {
	return ExternalRole, r.ID, &r.ExternalIDs
}

func (k *APIKey) identity() (kind, id string, ids *ExternalIDs) {
	return ExternalAPIKey, k.ID, &k.ExternalIDs
}

// Identify sets the ExternalIDs of objects that the caller has read. It reads those of all objects together, and nothing in
// an account that does not use external ids.
func Identify[T any, O interface {
	*T
	identified
}](ctx context.Context, s *Service, p *Principal, objects []T) error {
	if !p.account.HasExternalIDs || len(objects) == 0 {
		return nil
	}
	ids, place := make([]string, len(objects)), make(map[string]*ExternalIDs, len(objects))
	for i := range objects {
		_, id, at := O(&objects[i]).identity()
		ids[i], place[id] = id, at
	}
	found, err := s.store.ExternalIDsOf(ctx, p.AccountID, ids)
	for _, x := range found {
		at := place[x.ObjectID]
		if *at == nil {
			*at = ExternalIDs{}
		}
		(*at)[x.Source] = x.Value
	}
	return err
}

// IdentifyOne is Identify for one object.
func IdentifyOne[T any, O interface {
	*T
	identified
}](ctx context.Context, s *Service, p *Principal, object O) error {
	if !p.account.HasExternalIDs {
		return nil
	}
	one := []T{*object}
	err := Identify[T, O](ctx, s, p, one)
	*object = one[0]
	return err
}

// check validates a change; its errors have the field external_ids.
func (c ExternalIDChange) check() error {
	if len(c) > MaxExternalIDs {
		return RefusalManyExternalIDs.With(MaxExternalIDs)
	}
	for _, source := range slices.Sorted(maps.Keys(c)) {
		x := ExternalID{Source: source, Value: "-"}
		if v := c[source]; v != nil {
			x.Value = *v
		}
		if err := x.check(); err != nil {
			err.Field = "external_ids"
			return err
		}
	}
	return nil
}

// change returns the ids of a new object as a change.
func (ids ExternalIDs) change() ExternalIDChange {
	c := make(ExternalIDChange, len(ids))
	for source, v := range ids {
		c[source] = &v
	}
	return c
}

// named reads the external ids of an object that the caller changes.
func (w *work) named(o identified) error {
	if !w.p.account.HasExternalIDs {
		return nil
	}
	_, id, ids := o.identity()
	found, err := w.ExternalIDsOf(w.ctx, w.p.AccountID, []string{id})
	*ids = nil
	for _, x := range found {
		if *ids == nil {
			*ids = ExternalIDs{}
		}
		(*ids)[x.Source] = x.Value
	}
	return err
}

// identify changes the external ids of an object, whose current ones were read before, if the caller may. It reports whether
// anything changed.
func (w *work) identify(o identified, c ExternalIDChange) (changed bool, err error) {
	if err := w.named(o); err != nil || len(c) == 0 {
		return false, err
	}
	kind, id, ids := o.identity()
	now, more := maps.Clone(*ids), 0
	for source, value := range c {
		old, had := now[source]
		switch {
		case value == nil && had:
			more--
		case value != nil && !had:
			more++
		case value == nil || *value == old:
			continue
		}
		changed = true
	}
	if !changed {
		return false, nil
	}
	if len(now)+more > MaxExternalIDs {
		return false, RefusalManyExternalIDs.With(MaxExternalIDs)
	}
	if more > 0 {
		if err := w.roomFor(CountedExternalIDs, more); err != nil {
			return false, err
		}
	}
	at, err := w.mayName(ExternalID{AccountID: w.p.AccountID, Kind: kind, ObjectID: id})
	if err != nil {
		return false, err
	}
	return true, w.rename(o, at.to, c)
}

// reidentify is identify for a change of an object that may have got a new version already; otherwise it gets one.
func (w *work) reidentify(o identified, c ExternalIDChange, before time.Time, updatedAt *time.Time) error {
	changed, err := w.identify(o, c)
	if err != nil || !changed || !updatedAt.Equal(before) {
		return err
	}
	*updatedAt = w.since(before)
	kind, id, _ := o.identity()
	scopeID := w.p.AccountID
	if m, ok := o.(*Member); ok && m.ProjectID != "" {
		scopeID = m.ProjectID
	}
	return w.Touch(w.ctx, kind, scopeID, id, *updatedAt)
}

// rename writes a change of external ids, with an event for each that ends or begins.
func (w *work) rename(o identified, to event.Target, c ExternalIDChange) error {
	kind, id, ids := o.identity()
	now := maps.Clone(*ids)
	if now == nil {
		now = ExternalIDs{}
	}
	x := ExternalID{AccountID: w.p.AccountID, Kind: kind, ObjectID: id, CreatedAt: w.at}
	for _, source := range slices.Sorted(maps.Keys(c)) {
		value, old := c[source], now[source]
		if value != nil && *value == old {
			continue
		}
		if x.Source, x.Value = source, old; old != "" {
			if err := w.unname(to, x); err != nil {
				return err
			}
			delete(now, source)
		}
		if value != nil {
			x.Value = *value
			if err := w.giveName(to, x); err != nil {
				return err
			}
			now[source] = *value
		}
	}
	if *ids = now; len(now) == 0 {
		*ids = nil
	}
	return nil
}

func (w *work) giveName(to event.Target, x ExternalID) error {
	ok, err := w.InsertExternalID(w.ctx, x)
	switch {
	case err != nil:
		return err
	case !ok:
		return RefusalExternalIDTaken.At("external_ids")
	}
	return w.record(to, event.ExternalIDSet{Kind: x.Kind, Source: x.Source, ID: x.Value})
}

func (w *work) unname(to event.Target, x ExternalID) error {
	if err := w.DeleteExternalID(w.ctx, x); err != nil {
		return err
	}
	return w.record(to, event.ExternalIDRemoved{Kind: x.Kind, Source: x.Source, ID: x.Value})
}

// mayIdentify checks, before anything is written, that a new member may get these external ids.
func (w *work) mayIdentify(m *Member, ids ExternalIDs) error {
	if len(ids) == 0 {
		return nil
	}
	if err := w.s.Require(w.p, permission.MembersManage); err != nil {
		return err
	}
	all, err := w.MembershipsOf(w.ctx, w.p.AccountID, m.CanonicalEmail)
	if err == nil {
		err = w.dominates(append(slices.Clone(all), *m)...)
	}
	if err != nil {
		return err
	}
	for _, source := range slices.Sorted(maps.Keys(ids)) {
		found, _, err := w.ExternalIDs(w.ctx, ExternalIDFilter{AccountID: w.p.AccountID, Kind: ExternalMember, Source: source, Value: ids[source]})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return RefusalExternalIDTaken.At("external_ids")
		}
	}
	return w.roomFor(CountedExternalIDs, len(ids))
}
