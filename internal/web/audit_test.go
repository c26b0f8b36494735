package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"raff/internal/event"
)

// The filter has a label for every action that the server records, and no others.
func TestFilterHasEveryAction(t *testing.T) {
	o := newOffice(t)
	options := map[string]string{}
	filter, _, _ := strings.Cut(o.owner.open(t, "/audit").source, `id="project"`)
	for _, m := range regexp.MustCompile(`<option value="([a-z_]+\.[a-z_]+)"[^>]*>([^<]*)<`).FindAllStringSubmatch(filter, -1) {
		options[m[1]] = m[2]
	}
	for _, each := range event.Actions() {
		action := string(each)
		words := options[action]
		if words == "" || strings.ContainsAny(words, "._") {
			t.Errorf("label of %s in the filter: %q", action, words)
		}
		o.owner.open(t, "/audit?action="+action).shows(t, 200, strings.ToLower(words[:min(1, len(words))])+words[min(1, len(words)):]).lacks(t, action)
		delete(options, action)
	}
	if len(options) != 0 {
		t.Errorf("actions in the filter that are never recorded: %v", options)
	}
}

func TestAuditLogDescribesEvents(t *testing.T) {
	o := newOffice(t)
	now := o.Now().UTC() // the test must not run across midnight
	o.Advance(now.Truncate(24 * time.Hour).Add(36 * time.Hour).Sub(now))
	o.owner = signIn(t, o.Server, "owner@example.com")
	shop := pathOf(t, o.owner.open(t, "/projects/new").submitTo(t, "/projects", "name", "Web shop").shows(t, 200))
	viewer := o.RoleID(t, "project", "viewer")
	o.Do(t, "POST", "/api/v1"+shop+"/invitations", o.Key, map[string]any{"email": "bob@example.com", "role_id": viewer}).Want(t, 201)
	id, _ := o.join(t, "Alice", "member")
	user := o.Do(t, "GET", "/api/v1/members/"+id, o.Key, nil).Data(t)["user_id"]
	o.Do(t, "POST", "/api/v1"+shop+"/members", o.Key, map[string]any{"target_user_id": user, "role_id": viewer}).Want(t, 201)
	alice := o.owner.open(t, "/members/"+id)
	seat := "/members/" + id + "/memberships/" + id
	crew := o.newRole(t, "Field crew", "account.members.view")
	alice.submitTo(t, seat, "role_id", strings.TrimPrefix(crew, "/roles/")).shows(t, 200)
	alice.post(t, seat, "status", "suspended").shows(t, 200)
	alice.post(t, seat, "status", "active").shows(t, 200)
	o.owner.open(t, crew+"/delete").submitTo(t, crew+"/delete", "role_id", o.RoleID(t, "account", "member")).shows(t, 200)
	o.owner.open(t, "/settings").submitTo(t, "/settings/policy", "policy", "strict").shows(t, 200)
	o.owner.open(t, "/members/"+id+"/memberships/"+id+"/remove").submit(t).shows(t, 200)
	o.owner.open(t, shop+"/delete").submit(t, "name", "Web shop").shows(t, 200)

	p := o.owner.open(t, "/audit").shows(t, 200,
		"Owner key API key invited bob@example.com as Viewer to Web shop",
		"Owner key API key added Alice as Viewer to Web shop",
		"Owner key API key invited alice@example.com as Member",
		"Alice accepted the invitation as Member",
		"Trent changed Alice’s role from Member to Field crew",
		"Trent suspended Alice", "Trent activated Alice", "Trent removed Alice from the account",
		"Status Active → Suspended", "Permissions View account members", "Moved to another role 1 membership",
		"Assigning roles Anyone who manages members can assign any role → Requires every permission in the role",
		"Today", "Trent deleted the role Field crew",
	)
	p.lacks(t, "principal", "member.", "field-crew", "user id", "→ suspended")

	o.Advance(24 * time.Hour)
	o.owner = signIn(t, o.Server, "owner@example.com")
	o.owner.open(t, "/audit").shows(t, 200, "Yesterday").shows(t, 200, "Today")
}

func TestAuditLogFilters(t *testing.T) {
	o := newOffice(t)
	shop := pathOf(t, o.owner.open(t, "/projects/new").submitTo(t, "/projects", "name", "Web shop").shows(t, 200))
	o.join(t, "Ängel", "member")
	owner := o.Do(t, "GET", "/api/v1/members/"+o.OwnerMemberID, o.Key, nil).Data(t)["user_id"].(string)
	count := func(p page) string { return regexp.MustCompile(`\d+ events?`).FindString(p.text()) }

	o.owner.open(t, "/audit?action=projects").shows(t, 200, "2 events", "All project events", "created the project Web shop")
	o.owner.open(t, "/audit?project="+strings.TrimPrefix(shop, "/projects/")).shows(t, 200, "1 event", "In Web shop")
	o.owner.open(t, "/audit?who=ÄNGEL&action=invitation.accepted").shows(t, 200, "1 event", "Done by “ÄNGEL”")
	o.owner.open(t, "/audit?who=owner+ke").shows(t, 200, "Owner key").lacks(t, "Trent created")
	o.owner.open(t, "/audit?who=nobody").shows(t, 200, "0 events")
	o.owner.open(t, "/audit?actor="+owner).shows(t, 200, "Done by Trent", "created the project").lacks(t, "Owner key API key")
	o.owner.open(t, "/audit?actor=operator").shows(t, 200, "Done by The operator", "created the account Acme")
	all, quiet := o.owner.open(t, "/audit"), o.owner.open(t, "/audit?signing=no").shows(t, 200, "Without sign-ins").lacks(t, "Trent signed in")
	all.shows(t, 200, "Trent signed in")
	if count(all) == count(quiet) {
		t.Errorf("the count with and without sign-ins is the same: %s", count(all))
	}

	// Each filter can be removed, and the file has the events of the page.
	p := o.owner.open(t, "/audit?who=trent&action=projects&period=7d&signing=no").shows(t, 200, "1 event", "Last 7 days")
	for _, left := range []string{"action=projects&period=7d&signing=no", "period=7d&signing=no&who=trent", "action=projects&signing=no&who=trent", "action=projects&period=7d&who=trent"} {
		if !strings.Contains(p.source, `href="/audit?`+strings.ReplaceAll(left, "&", "&amp;")+`"`) {
			t.Errorf("no link that removes the filter: %s", left)
		}
	}
	export := regexp.MustCompile(`href="(/audit/export[^"]*csv[^"]*)"`).FindStringSubmatch(p.source)[1]
	file := o.owner.open(t, strings.ReplaceAll(export, "&amp;", "&"))
	if lines := strings.Count(strings.TrimSpace(file.source), "\n"); lines != 1 || !strings.Contains(file.source, "Web shop") {
		t.Errorf("the file has %d events: %s", lines, file.source)
	}

	o.Advance(48 * time.Hour)
	o.owner = signIn(t, o.Server, "owner@example.com")
	o.owner.open(t, "/audit?period=24h").shows(t, 200, "Last 24 hours").lacks(t, "created the project")
	o.owner.open(t, "/audit?period=30d").shows(t, 200, "created the project")
	today := o.Now().UTC().Format(time.DateOnly)
	days := o.owner.open(t, "/audit?"+url.Values{"since": {today}, "until": {today}}.Encode()).shows(t, 200, "From "+today, "To "+today).lacks(t, "created the project")
	if days.inputs["since"].attr["value"] != today || !regexp.MustCompile(`<option value="days" selected`).MatchString(days.source) {
		t.Error("the page does not show the chosen days")
	}
}
