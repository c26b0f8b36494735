package audit

import (
	"context"
	"strings"
	"time"

	"raff/internal/event"
	"raff/internal/nearest"
	"raff/internal/permission"
	"raff/internal/team"
)

// Filter selects audit events, newest first. Zero fields do not filter.
type Filter struct {
	AccountID string
	ActorID   string
	// Actor is a part of the current name or email of the actor, in any case. Deleted API keys are only found by
	// ActorID.
	Actor string
	// Action selects one action, Actions any of several, and But all except these.
	Action       event.Action
	Actions, But []event.Action
	TargetID     string
	ProjectID    string
	Since        time.Time
	Until        time.Time
	team.Page
}

// List lists the audit log, newest first.
func (s *Service) List(ctx context.Context, p *team.Principal, f Filter) ([]event.Event, team.Total, error) {
	f.AccountID = p.AccountID
	if err := s.team.Require(p, permission.AuditView); err != nil {
		return nil, team.Total{}, err
	}
	if f.Action != "" && !f.Action.Known() {
		return nil, team.Total{}, unknownAction(f.Action)
	}
	return s.store.Events(ctx, f)
}

// OperatorEvents lists the operator's log, newest first. The caller must be the operator.
func (s *Service) OperatorEvents(ctx context.Context, f Filter) ([]event.Event, team.Total, error) {
	f.AccountID = event.OperatorLog
	if f.Action != "" && !f.Action.KnownToOperator() {
		return nil, team.Total{}, unknownAction(f.Action)
	}
	return s.store.Events(ctx, f)
}

// unknownAction refuses an unknown action, so that a misspelled one does not look like one that never happened.
func unknownAction(action event.Action) error {
	var all []string
	for _, a := range event.Actions() {
		all = append(all, string(a))
	}
	given := string(action)
	if near := nearest.Name(given, all); near != "" {
		e := RefusalAlmostAction.With(team.Shorten(given), near)
		e.Suggestion = near
		return e
	}
	return RefusalUnknownAction.With(team.Shorten(given), strings.Join(all, ", "))
}

// exportPage is how many events an export reads at once.
const exportPage = 500

// EventExport iterates over all events that match a filter, newest first.
type EventExport struct {
	s      *Service
	who    *team.Principal
	filter Filter
	next   []event.Event
	last   bool
}

// Export starts an export. It reads the first page, so that a refusal is reported before the response starts.
func (s *Service) Export(ctx context.Context, p *team.Principal, f Filter) (*EventExport, error) {
	f.Page = team.Page{Limit: exportPage, SkipTotal: true}
	x := &EventExport{s: s, who: p, filter: f}
	return x, x.read(ctx)
}

// Check reads the caller's credential again: an export ends when its key or session ends, or loses the permission. The
// context must not be one of Reading, which would return the state at the start of the request.
func (x *EventExport) Check(ctx context.Context) error {
	fresh, err := x.s.team.Reload(ctx, x.who)
	if err != nil {
		return err
	}
	x.who = fresh
	return x.s.team.Require(fresh, permission.AuditView)
}

// Each calls fn with every page. The credential is checked before each page except the first; see Check.
func (x *EventExport) Each(ctx context.Context, fn func([]event.Event) error) error {
	for {
		if err := fn(x.next); err != nil || x.last {
			return err
		}
		if err := x.Check(ctx); err != nil {
			return err
		}
		if err := x.read(ctx); err != nil {
			return err
		}
	}
}

func (x *EventExport) read(ctx context.Context) (err error) {
	if x.next, _, err = x.s.List(ctx, x.who, x.filter); err != nil {
		return err
	}
	if x.last = len(x.next) < exportPage; !x.last {
		end := x.next[len(x.next)-1]
		x.filter.After = &team.Cursor{At: end.At, ID: end.ID}
	}
	return nil
}
