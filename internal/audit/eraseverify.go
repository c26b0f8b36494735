package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"raff/internal/event"
)

// erased is what verification finds about erasures: the events from which something was erased, by pseudonym, and the events that say
// so.
type erased struct {
	changed map[string][]erasedEvent
	said    []saidErased
	tree    *secretTree
	// first is the sequence of the first verified event that has one.
	first int
	// older is the number of events of the current seal from which something was erased although it covers the texts themselves.
	older int
}

type erasedEvent struct {
	id       string
	sequence int
	slots    []int
}

type saidErased struct {
	event.PersonErased
	id       string
	sequence int
}

// salts returns the salts of the events of a seal.
func (v *verification) salts(seal Seal) (salting, error) {
	v.erased.older = 0
	if seal.keyed() {
		return v.keys.salt, nil
	}
	if v.tree == nil {
		kept, err := v.store.LogSecrets(v.ctx, v.AccountID, 0, math.MaxInt)
		if err != nil {
			return nil, err
		}
		v.tree = newTree(kept)
	}
	return v.tree.of, nil
}

// line returns an event in the form that a seal covers.
func (v *verification) line(e *event.Event, seal Seal, of salting) ([]byte, error) {
	if seal.Version >= sealVersion {
		return coveredLine(e, of)
	}
	if e.Openings != "" {
		v.older++
	}
	return olderLine(*e, seal.Version)
}

// erasure notes what was erased from an event, or what it says about an erasure.
func (v *verification) erasure(e *event.Event) error {
	if v.first == 0 {
		v.first = e.Sequence
	}
	if e.Action == event.ActionPersonErased {
		if told, ok := e.Payload().(event.PersonErased); ok {
			v.said = append(v.said, saidErased{told, e.ID, e.Sequence})
		}
	}
	open, err := openings(e)
	if err != nil || open == nil {
		return err
	}
	v.Erased++
	texts, _ := slots(e)
	people := map[string][]int{}
	for i, o := range open {
		if o.Commitment == "" {
			continue
		}
		people[o.Person] = append(people[o.Person], i)
		want := o.Person
		switch {
		case i == SlotAddress || i == SlotUserAgent:
			want = ""
		case i >= SlotDetails:
			want = `"` + o.Person + `"`
		}
		if i >= len(texts) || texts[i] != want {
			v.problem("event %s of %s was changed after personal data was erased from it", e.ID, moment(e.At))
		}
	}
	if len(people) == 0 || len(open) != len(texts) {
		v.problem("event %s of %s was changed: what was erased from it does not match the event", e.ID, moment(e.At))
	}
	if v.changed == nil {
		v.changed = map[string][]erasedEvent{}
	}
	for person, slots := range people {
		v.changed[person] = append(v.changed[person], erasedEvent{e.ID, e.Sequence, slots})
	}
	return nil
}

// erasures compares the events from which something was erased with the events that say so.
func (v *verification) erasures() {
	for _, said := range v.said {
		digest, n := sha256.New(), 0
		left := slices.DeleteFunc(v.changed[said.Person], func(e erasedEvent) bool {
			within := e.sequence >= said.FirstSequence && e.sequence <= said.LastSequence && (said.sequence == 0 || e.sequence < said.sequence)
			if within {
				addErased(digest, e.id, e.slots)
				n++
			}
			return within
		})
		if len(left) > 0 || n > 0 {
			v.changed[said.Person] = left
		}
		if said.FirstSequence < v.first { // those before were removed, or verified earlier
			continue
		}
		if n != said.Events || hex.EncodeToString(digest.Sum(nil)) != said.Digest {
			v.problem("event %s says that personal data of %s was erased from %d events, which is not so", said.id, said.Person, said.Events)
		}
	}
	var uncovered []string
	for person, events := range v.changed {
		for _, e := range events {
			uncovered = append(uncovered, fmt.Sprintf("%s (%s)", e.id, person))
		}
	}
	if n := len(uncovered); n > 0 {
		slices.Sort(uncovered)
		v.problem("personal data is missing in %d events, and no later event says that it was erased: %s", n, strings.Join(uncovered[:min(n, maxTold)], ", "))
	}
}
