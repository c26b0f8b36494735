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

// A plan is made for what something was then, and may be applied much later. What somebody else has changed in between is
// not overwritten: the apply is refused if the plan changes the same attribute to something else. What the plan does not
// touch stays as they left it, and the next refresh shows it.

// noteVersion is the updated_at of the object as the state shows it; no time if it may show something older.
const noteVersion = "version"

// amendment is a planned change of something on the server.
type amendment[T any] struct {
	what  string // a noun with a name, such as "role Auditor"
	send  func(ctx context.Context, only client.CallOption) (*T, error)
	read  func(ctx context.Context) (*T, error)
	at    func(*T) time.Time
	clash func(now *T) []string // what the plan changes and somebody else has changed
}

// amend makes a planned change to the version that the plan saw, or to a later one in which nobody has changed the same. sure
// reports that the answer is all the state has to show: nobody had changed anything.
func amend[T any](ctx context.Context, seen time.Time, a amendment[T]) (changed *T, sure bool, err error) {
	sure = !seen.IsZero()
	for range 10 { // each time somebody else was faster
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

// changedMeanwhile refuses to overwrite what somebody else has changed.
type changedMeanwhile struct {
	what  string
	lines []string
}

func (e *changedMeanwhile) Error() string {
	return fmt.Sprintf("somebody else changed the %s: %v", e.what, e.lines)
}

func (e *changedMeanwhile) tell(diags *diag.Diagnostics) {
	diags.AddError("The "+e.what+" was changed after the plan was made",
		"Somebody else has changed it since, and this apply would overwrite that:"+bullets(e.lines)+
			"\n\nIt was left as it is now. Run the plan again: it shows what would change from there.")
}

// clash is the line for an attribute that the plan changes, if it is now neither what the plan saw nor what it wants.
func clash(name string, state, plan, now attr.Value) []string {
	if plan.IsUnknown() || plan.Equal(state) || now.Equal(state) || now.Equal(plan) {
		return nil
	}
	return []string{fmt.Sprintf("%s is %s now; it was %s, and the plan changes it to %s", name, shown(now), shown(state), shown(plan))}
}

func shown(v attr.Value) string {
	if v.IsNull() {
		return "not set"
	}
	return v.String()
}

// clashOfSet is clash for permissions, which are told one by one.
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

// clashOfRole is clash for the role of a principal. A role that this run deleted has handed its holders over to another one.
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
	line := fmt.Sprintf("the role is %q now", nowName)
	if stateName != "" {
		line += fmt.Sprintf("; it was %q", stateName)
	}
	return []string{line}
}

// seen is the version a plan was made for.
func seen(ctx context.Context, notes noteReader) time.Time {
	return readNote[time.Time](ctx, notes, noteVersion)
}

// see notes the version that the state shows.
func see(ctx context.Context, notes noteWriter, at api.Time, diags *diag.Diagnostics) {
	diags.Append(writeNote(ctx, notes, noteVersion, at)...)
}

// seeIf is see if the state shows all of that version.
func seeIf(ctx context.Context, sure bool, notes noteWriter, at api.Time, diags *diag.Diagnostics) {
	if !sure {
		at = api.Time{}
	}
	see(ctx, notes, at, diags)
}
