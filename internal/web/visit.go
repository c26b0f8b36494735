package web

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"raff/internal/team"
)

// permit is the answer to a question of what somebody may do.
type permit struct {
	OK  bool
	Why string // why not
}

// ask turns an answer of the guard into a permit. What the database does not answer fails the whole page.
func (v *visit) ask(err error) permit {
	var e *team.Error
	switch {
	case err == nil:
		return permit{OK: true}
	case errors.As(err, &e) && e.Kind != team.KindInternal && e.Kind != team.KindUnavailable:
		return permit{Why: plainWords(e)}
	}
	if v.failed == nil {
		v.failed = err
	}
	return permit{}
}

// pageSize is how many rows a list shows.
const pageSize = 50

// page is the part of a list that the address asks for, and one row more, which says that there is more.
func (v *visit) page() team.Page {
	return team.Page{Limit: pageSize + 1, After: parsePosition(v.URL.Query().Get("after")).Cursor}
}

// position is where a list goes on: behind a row, and behind how many. It stands in addresses as one opaque word; one that
// cannot be read is the beginning.
type position struct {
	*team.Cursor
	before int
}

// storedPosition is a position as it stands in addresses.
type storedPosition struct {
	At     int64  `json:"a"`
	Name   string `json:"n"`
	ID     string `json:"i"`
	Before int    `json:"b"`
}

func parsePosition(text string) position {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return position{}
	}
	var stored storedPosition
	if json.Unmarshal(b, &stored) != nil || stored.Before < 0 || stored.ID == "" || !team.IsText(stored.Name+stored.ID) {
		return position{}
	}
	return position{&team.Cursor{At: time.UnixMicro(stored.At).UTC(), Name: stored.Name, ID: stored.ID}, stored.Before}
}

func (p position) String() string {
	b, err := json.Marshal(storedPosition{p.At.UnixMicro(), p.Name, p.ID, p.before})
	if err != nil {
		panic(err) // text and numbers can always be written
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// pager leads through a long list. Next and First are empty where there is nothing more, or nothing before. From and To
// are the numbers of the rows that are shown; others who add or remove something meanwhile shift them.
type pager struct {
	Total, From, To int
	Next, First     string
}

// paged cuts what page asked for to the rows that are shown, and leads on behind them. at is the place of a row in a list
// by time.
func paged[T any](v *visit, rows []T, total int, at func(T) (time.Time, string)) ([]T, pager) {
	return pagedBy(v, rows, total, func(row T) team.Cursor {
		t, id := at(row)
		return team.Cursor{At: t, ID: id}
	})
}

// pagedBy is paged for any order.
func pagedBy[T any](v *visit, rows []T, total int, at func(T) team.Cursor) ([]T, pager) {
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
		p.Next = v.with("after", position{&last, p.To}.String())
	}
	return rows, p
}

// with is this page's address with one part of the query changed.
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

// sorted is this page's address in another order, from its beginning.
func (v *visit) sorted(order string) string {
	q := v.URL.Query()
	q.Del("after")
	u := visit{Request: &http.Request{URL: &url.URL{Path: v.URL.Path, RawQuery: q.Encode()}}}
	return u.with("sort", order)
}

// cameFrom is the address of a list as the person left it, with filters and page, if they came from there.
func (v *visit) cameFrom(list string) string {
	if u, err := url.Parse(v.Referer()); err == nil && u.Path == list {
		return (&url.URL{Path: list, RawQuery: u.RawQuery}).String()
	}
	return list
}

// base is the version that the form was made for; any where it does not say.
func (v *visit) base() team.Base {
	micros, err := strconv.ParseInt(v.PostForm.Get("base"), 10, 64)
	if err != nil {
		return nil
	}
	return team.Base{time.UnixMicro(micros).UTC()}
}

// keepsKeys reports whether the form offered to deactivate somebody's API keys, and was told not to.
func (v *visit) keepsKeys() bool {
	return v.PostForm.Has("keys_shown") && v.PostForm.Get("disable_keys") == ""
}

// disabledAny reports whether a change deactivated one of the keys.
func disabledAny(keys []team.HeldKey) bool {
	return slices.ContainsFunc(keys, func(k team.HeldKey) bool { return k.Disabled })
}

var allNews = map[string]string{
	"signed-out": "You are signed out.",
	"lost":       "You were signed out before you sent the form, and it was not saved. Sign in, then send it again.",

	"password":         "Your password is changed. You are signed out everywhere else.",
	"password-removed": "Your password is removed. You sign in with your passkeys from now on.",

	"ended":  "That session is ended.",
	"others": "You are signed out everywhere else.",

	"factor-added":   "The second factor is added.",
	"factor-removed": "The second factor is removed.",

	"role":           "The role is changed. The change takes effect on the next request.",
	"role-keys":      "The role is changed. The change takes effect on the next request. The API keys below did not change.",
	"suspended":      "Suspended. Nothing this membership granted works any more, and its sessions are ended.",
	"suspended-keys": "Suspended. Nothing this membership granted works any more, its sessions are ended, and the API keys of this person are deactivated.",
	"activated":      "Active again.",
	"removed":        "Removed.",
	"removed-keys":   "Removed. The API keys of this person are deactivated.",
	"added":          "Added.",
	"cancelled":      "Invitation cancelled. Its link no longer works.",
	"resent":         "Sent again. Earlier links no longer work.",
	"renewed":        "Renewed. Earlier links no longer work.",
	"link-shown":     "That link was shown before. It still works; get another one if it is lost.",

	"project-created": "Project created.",
	"project-saved":   "Saved.",
	"project-deleted": "Project deleted.",

	"role-created": "Role created. Nobody has it yet.",
	"role-saved":   "Saved. The change takes effect on the next request of everyone who has this role.",
	"role-deleted": "Role deleted.",

	"key-saved":        "Saved.",
	"key-off":          "Deactivated. Requests with this key are refused.",
	"key-on":           "Activated. The key works again.",
	"key-revoked":      "API key revoked for good.",
	"key-role":         "Role changed. The change takes effect on the next request with this key.",
	"key-role-given":   "Role given.",
	"key-role-removed": "Role removed.",

	"settings":         "The settings are saved.",
	"transferred":      "The account has a new Owner. You are Admin now.",
	"transferred-keys": "The account has a new Owner. You are Admin now. API keys with the Owner role are deactivated.",
}

// refusal finds what a page says of an error: at a field of its form, or above it. ok is false for what only a page of
// its own can tell.
func refusal(err error, fields ...string) (field, message string, status int, ok bool) {
	var e *team.Error
	if !errors.As(err, &e) {
		return "", "", 0, false
	}
	status = problems[e.Kind].status
	switch e.Kind {
	case team.KindInvalid, team.KindDenied, team.KindConflict, team.KindChanged, team.KindUnauthenticated, team.KindLimited:
	default:
		return "", "", 0, false
	}
	message = plainWords(e)
	for _, f := range fields {
		if f == e.Field {
			return f, message, status, true
		}
	}
	return "", message, status, true
}

// plainWords says an error without the words of the API.
func plainWords(e *team.Error) string {
	if e.Kind == team.KindNotFound && e.Code == team.ErrNotFound.Code {
		return "This page does not exist, or you do not have access to it."
	}
	switch e.Code {
	case "already_member":
		return "Already has a role here. Change that role instead."
	case "invitation_pending":
		switch e.State {
		case team.InvitationDeclined:
			return "Invited before, and declined. Send that invitation again: it is under Declined in the list of invitations."
		case team.InvitationExpired:
			return "Invited before, and the invitation has expired. Send it again: it is under Expired in the list of invitations."
		}
		return "Already invited. Resend or cancel the open invitation."
	case "nothing_to_update":
		return "Nothing was changed."
	case "invalid_email":
		return strings.Replace(e.Message, "email must be", "Give", 1)
	case "role_in_use":
		return "Choose a replacement role for the members who have this one."
	case "exactly_one_of":
		return "Choose who gets the role."
	case "not_found":
		return "It does not exist in this account."
	case "permission_denied":
		if len(e.Words) > 0 {
			return "Your role does not include the right to " + permissionWords(e.Words, " or ") + ". Ask someone who manages roles."
		}
	case "last_manager":
		return "Nobody could manage the account's members after this. First give someone else a role that can."
	case "precondition_failed":
		return "Someone changed this after you opened the page. The current state is shown below: review it, then repeat your change."
	case "invalid_expires_at":
		return "That date is in the past. Choose a later one."
	case "invalid_slug":
		return "Use 1 to 64 of the letters a to z, digits and hyphens."
	}
	if why, _, ok := strings.Cut(e.Message, " Missing: "); ok && len(e.Missing) > 0 {
		return why + " " + notHeld + permissionWords(e.Words, " and ") + "."
	}
	switch {
	case e.Code == "required" && e.Field == "role_id":
		return "Choose a role."
	case e.Field == "name" && strings.HasPrefix(e.Message, "name "):
		return "The " + e.Message
	case e.Code == "invalid_reference" && strings.HasSuffix(e.Message, "Check the id."):
		return "What you chose no longer exists. Reload the page and choose again."
	case e.Code == "invalid_reference" && e.Field == "reassign_to":
		return "That is the role you are deleting. Choose another."
	}
	return strings.NewReplacer(", not an API key", "", ", not by an API key", "").Replace(e.Message)
}

// notHeld begins the part of a refusal that names what is missing.
const notHeld = "You do not hold "

// permissionWords names permissions as the catalog describes them, the first few of many: the last two are joined by and.
func permissionWords(words []string, and string) string {
	const most = 3
	var named []string
	for _, w := range words[:min(len(words), most)] {
		named = append(named, "“"+w+"”")
	}
	if more := len(words) - most; more > 0 {
		named = append(named, number(more)+" more")
		and = " and "
	}
	last := len(named) - 1
	if last < 1 {
		return strings.Join(named, "")
	}
	return strings.Join(named[:last], ", ") + and + named[last]
}
