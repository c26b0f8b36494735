package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"raff/api"
	"raff/api/client"
	"raff/internal/naming"
)

const (
	// chunk is how many members are added in one request: few enough to show progress.
	chunk = 100
	// dryChunk is the maximum number of rows that the server checks together.
	dryChunk = 500
)

// importer is the state of one import.
type importer struct {
	*app
	c       *client.Client
	project *api.Project // nil: into the account
	people  []person
	dry     bool // dry run
	names   *projectNames

	blind       bool // the key may not list members
	interrupted bool // stopped by Ctrl-C before all rows were sent
	byLink      bool // people were invited on a server that sends no email
}

// check validates all rows before anything is sent. If any row is invalid, it returns an error and nothing is sent.
func (im *importer) check(ctx context.Context) error {
	roles, err := collect(rolesOf(ctx, im.c, im.scope()))
	if err != nil {
		return err
	}
	im.names = &projectNames{}
	if slices.ContainsFunc(im.people, func(p person) bool { return p.Projects != "" }) && im.project == nil {
		if im.names, err = readProjectNames(ctx, im.c); err != nil {
			return err
		}
	}
	place := ""
	if im.project != nil {
		place = im.project.ID
	}
	validate(im.people, place, roles, im.names)
	bad := 0
	for _, p := range im.people {
		if p.failed() {
			bad++
		}
	}
	if bad > 0 {
		im.rest(im.people, resultNotSent, "other rows are invalid")
		return errors.Join(im.write(), fmt.Errorf("nothing was sent, because %s of %d are invalid. Correct them and import again", count(bad, "row"), len(im.people)))
	}
	return im.compare(ctx)
}

// compare finds the rows that are already members.
func (im *importer) compare(ctx context.Context) error {
	var there map[string]api.Member
	var err error
	if im.project == nil {
		there, err = accountMembers(im.c).byAddress(ctx)
	} else {
		there, err = projectMembers(im.c, *im.project).byAddress(ctx)
	}
	if client.IsDenied(err) {
		im.blind = true // a key that may only invite cannot list members; the server then compares
		return nil
	}
	if err != nil {
		return err
	}
	for i := range im.people {
		p := &im.people[i]
		m, ok := there[naming.CanonicalEmail(p.Email)]
		switch {
		case !ok || p.Result != "":
		case p.Projects != "" && (p.Role == "" || m.RoleID == p.roleID): // the server compares the projects
		case m.RoleID == p.roleID:
			p.Result, p.Member = resultThere, m.ID
		default:
			p.Member = m.ID
			p.fail(resultFailed, "already a member, as %s", m.RoleName)
		}
	}
	return nil
}

// byAddress maps the canonical form of each email to its member.
func (r roster[M]) byAddress(ctx context.Context) (map[string]api.Member, error) {
	all := map[string]api.Member{}
	for m, err := range r.all(ctx, client.ListMembersOptions{}) {
		if err != nil {
			return nil, err
		}
		v := r.view(m)
		all[naming.CanonicalEmail(v.Email)] = v
	}
	return all, nil
}

// rest sets the result of the rows that have none.
func (im *importer) rest(rows []person, result, why string) {
	for i := range rows {
		if rows[i].Result == "" {
			rows[i].fail(result, "%s", why)
		}
	}
}

// notChecked sets the result of every row after the check failed.
func (im *importer) notChecked(ctx context.Context, err error) error {
	im.notSent(ctx, err)
	if ctx.Err() != nil {
		return interruptedError{"Interrupted. Nothing was sent."}
	}
	return err
}

// notSent sets the result of the rows that were not sent.
func (im *importer) notSent(ctx context.Context, err error) {
	why, _ := im.explain(err)
	if ctx.Err() != nil {
		why = "interrupted"
	}
	im.rest(im.people, resultNotSent, why)
}

// run sends the rows that have no result yet. If a whole request fails, the remaining rows are not sent.
func (im *importer) run(ctx context.Context) {
	var todo []*person
	for i := range im.people {
		if im.people[i].Result == "" {
			todo = append(todo, &im.people[i])
		}
	}
	slices.SortStableFunc(todo, func(p, q *person) int { return strings.Compare(p.place, q.place) })
	size := chunk
	if im.dry {
		if size = dryChunk; len(todo) > size {
			im.note("The server checks %d rows at a time. Limits on the account or on emails may refuse more rows than reported here.", size)
		}
	}
	progress := im.progress(len(todo))
	defer progress.end()
	for at := 0; at < len(todo); {
		part := together(todo[at:min(at+size, len(todo))])
		err := ctx.Err()
		if err == nil {
			err = im.addMany(ctx, part)
			if err == nil {
				at += len(part)
				progress.show(at)
				continue
			}
			result, why := im.whole(err)
			for _, p := range part {
				if p.Result == "" {
					p.fail(result, "%s", why)
				}
			}
		}
		im.interrupted = ctx.Err() != nil
		im.notSent(ctx, err)
		return
	}
}

// together returns the first rows that are added to the same place, which one request can contain.
func together(rows []*person) []*person {
	other := slices.IndexFunc(rows, func(p *person) bool { return p.place != rows[0].place })
	if other < 0 {
		return rows
	}
	return rows[:other]
}

// whole explains why a whole request failed. Without a response it is unknown what the server did.
func (im *importer) whole(err error) (result, why string) {
	why, _ = im.explain(err)
	if e, ok := errors.AsType[*client.Error](err); ok && e.StatusCode < http.StatusInternalServerError {
		return resultFailed, why
	}
	if im.dry {
		return resultNotSent, why
	}
	return resultUnknown, why
}

// maxPause is the longest time an import waits for the server's email limits.
const maxPause = 2 * time.Minute

// addMany adds some of the rows in one request. Rows refused by an email limit are retried when the limit allows. Rows
// with an unknown outcome have no result.
func (im *importer) addMany(ctx context.Context, part []*person) error {
	for {
		later, pause, err := im.addOnce(ctx, part)
		if err != nil || len(later) == 0 || pause > maxPause {
			return err
		}
		if im.dry {
			for _, p := range later {
				p.Result, p.Reason, p.Member = resultWould, "after waiting for an email limit", ""
			}
			return nil
		}
		select {
		case <-time.After(pause):
			part = later
			for _, p := range later {
				p.Result, p.Reason = "", ""
			}
		case <-ctx.Done():
			for _, p := range later {
				p.fail(resultNotSent, "interrupted")
			}
			return ctx.Err()
		}
	}
}

// addOnce adds some of the rows. later are the rows to retry after the pause.
func (im *importer) addOnce(ctx context.Context, part []*person) (later []*person, pause time.Duration, err error) {
	rows := make([]api.AddMemberRequest, len(part))
	for i, p := range part {
		rows[i] = api.AddMemberRequest{Email: &p.Email, RoleID: &p.roleID, Name: optional(p.name), Projects: p.projects}
		if im.skips(p) {
			skip := true
			rows[i].SkipExisting = &skip
		}
	}
	results, err := im.send(ctx, part[0].place, api.AddMembersRequest{Members: &rows, DryRun: &im.dry})
	if err != nil {
		return nil, 0, err
	}
	for _, p := range part {
		p.fail(resultUnknown, "the server returned no result")
	}
	for _, r := range results {
		switch {
		case r.Index < 0 || r.Index >= len(part):
		case r.Error != nil && im.skips(part[r.Index]) && isThere(r.Error):
			p := part[r.Index]
			p.Member = r.Error.MemberID
			switch {
			case r.Error.Field == "":
				p.Result, p.Reason = resultThere, ""
			case r.Error.ProjectID != "":
				p.fail(resultFailed, "already in the project %s, with another role", im.names.nameOf(r.Error.ProjectID))
			case p.place != "":
				p.fail(resultFailed, "already in the project %s, with another role", im.names.nameOf(p.place))
			default:
				p.fail(resultFailed, "already a member, with another role")
			}
		case r.Error != nil:
			part[r.Index].Member = r.Error.MemberID
			part[r.Index].fail(resultFailed, "%s", inOurWords(r.Error))
			if s := r.Error.RetryAfterSeconds; s > 0 {
				later, pause = append(later, part[r.Index]), max(pause, time.Duration(s)*time.Second)
			}
		case r.Member != nil:
			part[r.Index].done(r.Member, im.dry)
			im.byLink = im.byLink || !im.dry && byLink(*r.Member)
		}
	}
	return later, pause, nil
}

// skips reports whether the server compares the row with what the person has already.
func (im *importer) skips(p *person) bool { return p.Projects != "" || im.blind }

// isThere reports whether the server refused a row because the person is a member or invited already.
func isThere(e *api.Error) bool { return e.Code == "already_member" || e.Code == "invitation_pending" }

// send sends one request, and converts the results for a project to those for the account.
func (im *importer) send(ctx context.Context, place string, in api.AddMembersRequest) ([]api.AddMembersResult, error) {
	if !im.dry {
		in.DryRun = nil // omitted for servers that do not support it
	}
	if place == "" {
		return im.c.Members.AddMany(ctx, in)
	}
	rows, err := im.c.ProjectMembers.AddMany(ctx, place, in)
	var out []api.AddMembersResult
	for _, r := range rows {
		each := api.AddMembersResult{Index: r.Index, Status: r.Status, Error: r.Error}
		if r.Member != nil {
			m := accountView(*r.Member)
			each.Member = &m
		}
		out = append(out, each)
	}
	return out, err
}

func (p *person) done(m *api.Member, dry bool) {
	active := m.PrincipalType != api.PrincipalInvitation // also somebody who is suspended in the account
	p.Reason = ""
	switch {
	case dry && active:
		p.Result = resultWouldAdd
	case dry:
		p.Result = resultWould
	case active:
		p.Result, p.Member = resultAdded, m.ID
	default:
		p.Result, p.Member = resultInvited, m.ID
	}
}

// report writes one result per row; the error says that some failed.
func (im *importer) report() error {
	if err := im.writeResults(); err != nil {
		return err
	}
	if im.byLink {
		im.note("This server sends no email. Create a link for each invited person and give it to them: raff invitation link <id|email>")
	}
	failed := 0
	var tally []string
	for _, result := range []string{resultInvited, resultAdded, resultWould, resultWouldAdd, resultThere, resultSkipped, resultFailed, resultUnknown, resultNotSent} {
		n := 0
		for _, p := range im.people {
			if p.Result == result {
				n++
			}
		}
		if n > 0 {
			tally = append(tally, fmt.Sprint(n, " ", result))
		}
	}
	for _, p := range im.people {
		if p.failed() {
			failed++
		}
	}
	switch {
	case failed > 0 && im.interrupted:
		return interruptedError{fmt.Sprintf("Interrupted. %s of %d failed: %s. To continue, import the same file again: those who are members or invited already are skipped.",
			count(failed, "row"), len(im.people), strings.Join(tally, ", "))}
	case failed > 0 && im.dry:
		return fmt.Errorf("%s of %d would fail: %s. Nothing was changed", count(failed, "row"), len(im.people), strings.Join(tally, ", "))
	case failed > 0:
		return fmt.Errorf("%s of %d failed: %s", count(failed, "row"), len(im.people), strings.Join(tally, ", "))
	case len(im.people) == 0:
		im.note("The file has no rows.")
	default:
		im.note("%s: %s.", count(len(im.people), "row"), strings.Join(tally, ", "))
	}
	return nil
}

// writeResults writes one result per row. After Ctrl-C, a table has only the rows of which it is not known whether the
// server added them: the summary and the file of --failed have the others.
func (im *importer) writeResults() error {
	if !im.interrupted || im.output.value != "table" {
		return im.write()
	}
	unknown := slices.DeleteFunc(slices.Clone(im.people), func(p person) bool { return p.Result != resultUnknown })
	if len(unknown) == 0 {
		return nil
	}
	return writeList(im.app, unknown, personColumns)
}

func (im *importer) write() error { return writeList(im.app, im.people, personColumns) }

var personColumns = []column[person]{
	{"LINE", "line", func(p person) string { return strconv.Itoa(p.Line) }},
	{"EMAIL", "email", func(p person) string { return p.Email }},
	{"ROLE", "role", func(p person) string { return p.Role }},
	{"RESULT", "result", func(p person) string { return p.Result }},
	{"", "member_id", func(p person) string { return p.Member }},
	{"REASON", "reason", func(p person) string { return p.Reason }},
	{"", "projects", func(p person) string { return p.Projects }},
}
