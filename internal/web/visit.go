package web

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"raff/internal/lang"

	"raff/internal/team"
)

// permit says whether an action is allowed.
type permit struct {
	OK  bool
	Why string // why not, if it is not allowed
	// Missing names the permissions that the user would have to hold, if that is why.
	Missing string
}

// ask converts a decision of the guard into a permit. A database error fails the whole page.
func (v *visit) ask(err error) permit {
	var e *team.Error
	switch {
	case err == nil:
		return permit{OK: true}
	case errors.As(err, &e) && e.Kind != team.KindInternal && e.Kind != team.KindUnavailable:
		return permit{Why: plainWords(v.Context(), e), Missing: missing(v.Context(), e)}
	}
	if v.failed == nil {
		v.failed = err
	}
	return permit{}
}

// pageSize is how many rows a page of a list has.
const pageSize = 50

// page is the page of a list that the URL asks for, plus one row that tells whether there is a next page.
func (v *visit) page() team.Page {
	return team.Page{Limit: pageSize + 1, After: parsePosition(v.URL.Query().Get("after")).Cursor}
}

// position is where a page of a list starts: after which row, and after how many rows. URLs contain it as one opaque
// value; an invalid value means the first page.
type position struct {
	*team.Cursor
	before int
}

// storedPosition is the encoding of a position in URLs.
type storedPosition struct {
	At      int64  `json:"a"`
	Name    string `json:"n"`
	Status  string `json:"s,omitempty"`
	ID      string `json:"i"`
	Before  int    `json:"b"`
	Total   int    `json:"t,omitempty"`
	AtLeast bool   `json:"m,omitempty"`
}

func parsePosition(text string) position {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return position{}
	}
	var stored storedPosition
	if json.Unmarshal(b, &stored) != nil || stored.Before < 0 || stored.ID == "" || !team.IsText(stored.Name+stored.Status+stored.ID) {
		return position{}
	}
	c := &team.Cursor{At: time.UnixMicro(stored.At).UTC(), Name: stored.Name, Status: team.Status(stored.Status), ID: stored.ID}
	if stored.Total > 0 {
		c.Total = &team.Total{N: stored.Total, AtLeast: stored.AtLeast, Once: true}
	}
	return position{c, stored.Before}
}

func (p position) String() string {
	stored := storedPosition{At: p.At.UnixMicro(), Name: p.Name, Status: string(p.Status), ID: p.ID, Before: p.before}
	if p.Total != nil {
		stored.Total, stored.AtLeast = p.Total.N, p.Total.AtLeast
	}
	b, err := json.Marshal(stored)
	if err != nil {
		panic(err) // marshaling strings and numbers cannot fail
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// pager links the pages of a list. Next and First are empty if there is no next page or no earlier page. From and To
// number the rows on the page; they shift when rows are added or removed concurrently.
type pager struct {
	Total       team.Total
	From, To    int
	Next, First string
}

// paged cuts the rows that page asked for to those on the page, and links to the next page. at is the position of a row
// in a list ordered by time.
func paged[T any](v *visit, rows []T, total team.Total, at func(T) (time.Time, string)) ([]T, pager) {
	return pagedBy(v, rows, total, func(row T) team.Cursor {
		t, id := at(row)
		return team.Cursor{At: t, ID: id}
	})
}

// pagedBy is paged for any order.
func pagedBy[T any](v *visit, rows []T, total team.Total, at func(T) team.Cursor) ([]T, pager) {
	before := parsePosition(v.URL.Query().Get("after")).before
	more := len(rows) > pageSize
	if more {
		rows = rows[:pageSize]
	}
	p := pager{Total: total, From: before + 1, To: before + len(rows)}
	if before > 0 {
		p.First = v.with("after", "")
	}
	if more {
		last := at(rows[pageSize-1])
		if total.Once {
			last.Total = &total
		}
		p.Next = v.with("after", position{&last, p.To}.String())
	}
	return rows, p
}

// with is this page's URL with one query parameter changed.
func (v *visit) with(name, value string) string {
	q := v.URL.Query()
	q.Del(name)
	if value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return v.URL.Path
	}
	return v.URL.Path + "?" + q.Encode()
}

// sorted is the URL of this page's first page in another order.
func (v *visit) sorted(order string) string {
	q := v.URL.Query()
	q.Del("after")
	u := visit{Request: &http.Request{URL: &url.URL{Path: v.URL.Path, RawQuery: q.Encode()}}}
	return u.with("sort", order)
}

// cameFrom is the URL of a list with the filters and page from which the user came, or the list itself.
func (v *visit) cameFrom(list string) string {
	if u, err := url.Parse(v.Referer()); err == nil && u.Path == list {
		return (&url.URL{Path: list, RawQuery: u.RawQuery}).String()
	}
	return list
}

// base is the version that the form was made from; zero, meaning any, if the form does not say.
func (v *visit) base() team.Base {
	micros, err := strconv.ParseInt(v.PostForm.Get("base"), 10, 64)
	if err != nil {
		return nil
	}
	return team.Base{time.UnixMicro(micros).UTC()}
}

// keepsKeys reports whether the form offered to disable a person's API keys and the user declined.
func (v *visit) keepsKeys() bool {
	return v.PostForm.Has("keys_shown") && v.PostForm.Get("disable_keys") == ""
}

// disabledAny reports whether a change disabled one of the keys.
func disabledAny(keys []team.HeldKey) bool {
	return slices.ContainsFunc(keys, func(k team.HeldKey) bool { return k.Disabled })
}

var allNews = map[string]lang.Text{
	"signed-out": "You are signed out.",
	"lost":       "You were signed out before you submitted the form, and it was not saved. Sign in, then submit it again.",

	"password-set":     "Password set. Use it to sign in to every account you belong to.",
	"name":             "Name changed.",
	"language":         "Language changed.",
	"email-sent":       "A link was sent to the new email. Open it in this browser within an hour; until then nothing changes.",
	"email":            "Email changed. Use it to sign in to every account you belong to.",
	"left":             "You left the account.",
	"password":         "Password changed. You are signed out of all other sessions.",
	"password-removed": "Password removed. You now sign in with your passkeys.",

	"ended":  "Session ended.",
	"others": "You are signed out of all other sessions.",

	"factor-added":   "Second factor added.",
	"factor-removed": "Second factor removed.",

	"role":           "Role changed. The change takes effect on the next request.",
	"role-keys":      "Role changed. The change takes effect on the next request. The API keys below did not change.",
	"suspended":      "Member suspended. They have no access and their sessions have ended.",
	"suspended-keys": "Member suspended. They have no access, their sessions have ended, and their API keys are disabled.",
	"activated":      "Member activated.",
	"removed":        "Member removed.",
	"removed-keys":   "Member removed. Their API keys are disabled.",
	"added":          "Added.",
	"cancelled":      "Invitation cancelled. Its link no longer works.",
	"resent":         "Invitation resent. Earlier links no longer work.",
	"renewed":        "Invitation renewed. Earlier links no longer work.",
	"link-shown":     "The link was already shown. It still works; get a new one if it was lost.",

	"project-created": "Project created.",
	"project-saved":   "Changes saved.",
	"project-deleted": "Project deleted.",

	"role-created": "Role created. No one has it yet.",
	"role-saved":   "Changes saved. They take effect on the next request of everyone who has this role.",
	"role-deleted": "Role deleted.",

	"key-saved":        "Changes saved.",
	"key-off":          "API key disabled. Requests with this key are refused.",
	"key-on":           "API key enabled. The key works again.",
	"key-revoked":      "API key revoked.",
	"key-role":         "Role changed. The change takes effect on the next request with this key.",
	"key-role-given":   "Role assigned.",
	"key-role-removed": "Role removed.",

	"settings":         "Settings saved.",
	"support-granted":  "Support can now access the account.",
	"support-ended":    "Support access ended. Requests of support are refused from now on.",
	"support-left":     "Support session ended.",
	"transferred":      "Ownership transferred. You are now an Admin.",
	"transferred-keys": "Ownership transferred. You are now an Admin. API keys with the Owner role are disabled.",
}
