package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"raff/internal/lang"

	"raff/internal/permission"
	"raff/internal/team"
)

func (p *pages) importForm(v *visit) (importView, error) {
	chosen := v.PostForm.Get("place")
	if v.Method == http.MethodGet {
		chosen = v.URL.Query().Get("project")
	}
	f := importView{Account: v.ask(v.can.Invite("")), Role: strings.TrimSpace(v.PostForm.Get("role")), Inactive: v.PostForm.Get("inactive") != "", Once: once()}
	projects, _, err := v.someProjects()
	if err != nil {
		return f, err
	}
	for _, pr := range projects {
		if v.ask(v.can.Invite(pr.ID)).OK {
			f.Projects = append(f.Projects, pr)
		}
	}
	if chosen == "" && !f.Account.OK && len(f.Projects) > 0 {
		chosen = f.Projects[0].ID
	}
	if err := v.can.Invite(chosen); err != nil {
		return f, err
	}
	scope := permission.ScopeAccount
	if chosen != "" {
		scope = permission.ScopeProject
		if f.Place, err = p.svc.GetProject(v.Context(), v.who, chosen); err != nil {
			return f, err
		}
	}
	f.roles, err = v.importRoles(scope)
	return f, err
}

func (p *pages) showImport(v *visit) (reply, error) {
	f, err := p.importForm(v)
	return reply{status: http.StatusOK, page: importPage(v, f)}, err
}

// previewImport shows what the server would do with each row: the rows are added in a transaction that is rolled back.
func (p *pages) previewImport(v *visit) (reply, error) {
	f, err := p.importForm(v)
	if err != nil {
		return reply{}, err
	}
	if f.CSV, err = v.uploaded("file", "csv"); err != nil {
		return reply{}, err
	}
	if err := f.readRows(v); err != nil {
		return reply{}, err
	}
	if f.Wrong != "" {
		return reply{status: http.StatusBadRequest, page: importPage(v, f)}, nil
	}
	results, err := p.svc.TryAddMembers(v.Context(), v.who, f.adds())
	if err != nil {
		return importAgain(v, f, err)
	}
	f.tell(v.Context(), results, "Would be invited", "Would be added: already in the account")
	return reply{status: http.StatusOK, page: importPage(v, f)}, nil
}

// importPeople adds the people of the file. Rows that cannot be added do not affect the others.
func (p *pages) importPeople(v *visit) (reply, error) {
	f, err := p.importForm(v)
	if err != nil {
		return reply{}, err
	}
	f.CSV, f.Done = v.PostForm.Get("csv"), true
	if err := f.readRows(v); err != nil {
		return reply{}, err
	}
	if f.Wrong != "" {
		return reply{status: http.StatusBadRequest, page: importPage(v, f)}, nil
	}
	_, err = p.svc.AddMembers(v.onceKeeping("import", func(made any) ([]byte, error) {
		results, _ := made.([]team.BulkResult)
		f.tell(v.Context(), results, "Invited", "Added: already in the account")
		return json.Marshal(f.Rows)
	}), v.who, f.adds())
	if old, again := errors.AsType[*team.Replay](err); again {
		err = json.Unmarshal(old.Answer, &f.Rows)
	}
	if err != nil {
		f.Done = false
		return importAgain(v, f, err)
	}
	return reply{status: http.StatusOK, page: importPage(v, f)}, nil
}

func importAgain(v *visit, f importView, err error) (reply, error) {
	_, message, status, ok := refusal(v.Context(), err)
	if !ok {
		return reply{}, err
	}
	f.Wrong, f.Rows = message, nil
	return reply{status: status, page: importPage(v, f)}, nil
}

// uploaded is the text of a file in the form or, if there is none, of a field.
func (v *visit) uploaded(file, field string) (string, error) {
	if v.MultipartForm != nil {
		defer func() { _ = v.MultipartForm.RemoveAll() }()
		if all := v.MultipartForm.File[file]; len(all) > 0 && all[0].Size > 0 {
			return fileText(all[0])
		}
	}
	return v.PostForm.Get(field), nil
}

func fileText(h *multipart.FileHeader) (string, error) {
	f, err := h.Open()
	if err != nil {
		return "", refusedFormUnread.Caused(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxInvite))
	if err != nil {
		return "", refusedFormUnread.Caused(err)
	}
	if !team.IsText(string(b)) {
		return "", refusedFileText.With()
	}
	return string(b), nil
}

func (f *importView) adds() []team.NewMember {
	all := make([]team.NewMember, len(f.Rows))
	for i := range f.Rows {
		all[i] = f.Rows[i].add
		if all[i].Email != nil {
			all[i].Email = &f.Rows[i].Email
		}
	}
	return all
}

// otherRole says where a person has another role than the one in the file.
func (f *importView) otherRole(ctx context.Context, projectID string) string {
	for _, p := range f.names.projects.called(projectID) {
		if p.id == projectID {
			return say(ctx, "Already in the project {project}, with another role. Nothing changes.", p.row.Name)
		}
	}
	return say(ctx, "Already a member or invited, with another role. Nothing changes.")
}

// tell sets what would become, or became, of each row.
func (f *importView) tell(ctx context.Context, results []team.BulkResult, invited, added lang.Text) {
	for i := range results {
		row, r := &f.Rows[i], results[i]
		e, refused := errors.AsType[*team.Error](r.Err)
		switch {
		case refused && (e.Refusal == refusedRowKey || e.Refusal == refusedRowOwner || inactive(e.Refusal)):
			row.Kind, row.Text = "wait", plainWords(ctx, e)
		case refused && e.Field != "" && (e.Refusal == team.RefusalAlreadyMember || e.Refusal == team.RefusalAlreadyInvited):
			row.Kind, row.Text = "off", f.otherRole(ctx, cmp.Or(e.ProjectID, row.add.ProjectID))
		case refused && e.Refusal == team.RefusalAlreadyMember:
			row.Kind, row.Text = "wait", say(ctx, "Already a member. Nothing changes.")
		case refused && e.Refusal == team.RefusalAlreadyInvited:
			row.Kind, row.Text = "wait", plainWords(ctx, e)
		case r.Err != nil:
			_, message, _, ok := refusal(ctx, r.Err)
			if !ok {
				message = say(ctx, "Could not be added.")
			}
			row.Kind, row.Text = "off", message
		case r.Member.Type != team.TypeInvitation:
			row.Kind, row.Text = "on", say(ctx, added)
		default:
			row.Kind, row.Text = "on", say(ctx, invited)
		}
	}
}
