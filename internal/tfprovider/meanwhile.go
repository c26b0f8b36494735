package tfprovider

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/api"
	"raff/api/client"
)

// A plan may be applied long after it was made. It does not overwrite changes that someone else made in between: the
// apply is refused if the plan changes the same attribute to another value. Attributes that the plan does not change
// are left as they are, and the next refresh shows them.

// noteVersion is the updated_at of the object in the state; null if the state may be older.
const noteVersion = "version"

// amendment is a planned update of an object on the server.
type amendment[T any] struct {
	what  string // a noun with a name, such as "role Auditor"
	send  func(ctx context.Context, only client.CallOption) (*T, error)
	read  func(ctx context.Context) (*T, error)
	at    func(*T) time.Time
	clash func(now *T) []string // lists what the plan changes and someone else has changed
}

// amend applies a planned update to the version that the plan saw, or to a later one without conflicting changes. sure
// reports whether the response is the planned version, so that the state is complete: no one else has changed the
// object.
func amend[T any](ctx context.Context, seen time.Time, a amendment[T]) (changed *T, sure bool, err error) {
	sure = !seen.IsZero()
	for range 10 { // concurrent changes at every attempt
		if seen.IsZero() {
			now, err := a.read(ctx)
			if err != nil {
				return nil, false, err
			}
			if lines := a.clash(now); len(lines) > 0 {
				return nil, false, &changedMeanwhile{a.what, lines}
			}
			seen = a.at(now)
		}
		changed, err = a.send(ctx, client.WithVersion(seen))
		if !client.IsChanged(err) {
			return changed, sure, err
		}
		seen, sure = time.Time{}, false
	}
	return nil, false, err
}

// changedMeanwhile refuses to overwrite someone else's changes.
type changedMeanwhile struct {
	what  string
	lines []string
}

func (e *changedMeanwhile) Error() string {
	return fmt.Sprintf("someone else changed the %s: %v", e.what, e.lines)
}

func (e *changedMeanwhile) tell(diags *diag.Diagnostics) {
	diags.AddError("The "+e.what+" was changed after the plan was made",
		"Someone else has changed it since then, and this apply would overwrite that change:"+bullets(e.lines)+
			"\n\nNothing was changed. Run the plan again to see the difference from the current state.")
}

// clash describes an attribute that the plan changes, if its current value is neither the one the plan saw nor the
// planned one.
func clash(name string, state, plan, now attr.Value) []string {
	if plan.IsUnknown() || plan.Equal(state) || now.Equal(state) || now.Equal(plan) {
		return nil
	}
	return []string{fmt.Sprintf("%s is now %s; it was %s, and the plan changes it to %s", name, shown(now), shown(state), shown(plan))}
}

func shown(v attr.Value) string {
	if v.IsNull() {
		return "not set"
	}
	return v.String()
}

// clashOfSet is clash for permissions, which are compared one by one.
func clashOfSet(state, plan types.Set, now []string) (lines []string) {
	was, want := elementsOf(state), elementsOf(plan)
	slices.Sort(now)
	if slices.Equal(was, want) || slices.Equal(now, was) || slices.Equal(now, want) {
		return nil
	}
	for _, p := range now {
		if !slices.Contains(was, p) {
			lines = append(lines, "the permission "+p+" was added")
		}
	}
	for _, p := range was {
		if !slices.Contains(now, p) {
			lines = append(lines, "the permission "+p+" was removed")
		}
	}
	return lines
}

// elementsOf are the elements of a set of text, in order.
func elementsOf(set types.Set) (out []string) {
	for _, v := range set.Elements() {
		if s, ok := v.(types.String); ok {
			out = append(out, s.ValueString())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// clashOfRole is clash for the role of a principal. If this run deleted the role, its holders were reassigned to
// another one.
func (s *session) clashOfRole(state, plan types.String, stateName, now, nowName string) []string {
	if plan.IsUnknown() || plan.Equal(state) || now == plan.ValueString() {
		return nil
	}
	for was, ok := state.ValueString(), true; ok; {
		if was == now {
			return nil
		}
		var to any
		if to, ok = s.reassigned.Load(was); ok {
			was = to.(string)
		}
	}
	line := fmt.Sprintf("the role is now %q", nowName)
	if stateName != "" {
		line += fmt.Sprintf("; it was %q", stateName)
	}
	return []string{line}
}

// seen is the version that a plan was made for.
func seen(ctx context.Context, notes noteReader) time.Time {
	return readNote[time.Time](ctx, notes, noteVersion)
}

// see stores the version that the state shows.
func see(ctx context.Context, notes noteWriter, at api.Time, diags *diag.Diagnostics) {
	diags.Append(writeNote(ctx, notes, noteVersion, at)...)
}

// seeIf is see if the state shows that version completely.
func seeIf(ctx context.Context, sure bool, notes noteWriter, at api.Time, diags *diag.Diagnostics) {
	if !sure {
		at = api.Time{}
	}
	see(ctx, notes, at, diags)
}
