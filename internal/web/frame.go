package web

import (
	"strings"
	"unicode/utf8"
)

// place is one item of the navigation.
type place struct {
	Label, Path, Icon string
	Current           bool
}

// navigation lists the pages that the user may see.
func (v *visit) navigation() []place {
	if v.who == nil {
		return nil
	}
	var all []place
	for _, one := range []struct {
		place
		may permit
	}{
		{place{Label: v.say("Overview"), Path: "/overview", Icon: "home"}, v.overviewable()},
		{place{Label: v.say("Members"), Path: "/members", Icon: "people"}, v.ask(v.can.ViewMembers(""))},
		{place{Label: v.say("Invitations"), Path: "/invitations", Icon: "mail"}, v.ask(v.can.ViewOffers())},
		{place{Label: v.say("Projects"), Path: "/projects", Icon: "folder"}, permit{OK: true}},
		{place{Label: v.say("Roles"), Path: "/roles", Icon: "shield"}, v.ask(v.can.ViewRoles())},
		{place{Label: v.say("API keys"), Path: "/keys", Icon: "key"}, v.ask(v.can.ViewKeys())},
		{place{Label: v.say("Audit log"), Path: "/audit", Icon: "log"}, v.ask(v.can.ViewAudit())},
		{place{Label: v.say("Settings"), Path: "/settings", Icon: "settings"}, v.ask(v.can.ViewSettings())},
	} {
		if one.may.OK {
			one.Current = v.URL.Path == one.Path || strings.HasPrefix(v.URL.Path, one.Path+"/")
			all = append(all, one.place)
		}
	}
	return all
}

func (v *visit) accountName() string {
	if v.who == nil {
		return v.say("None ##account")
	}
	for _, a := range v.accounts {
		if a.ID == v.who.AccountID {
			return a.Name
		}
	}
	return ""
}

// called is a person's display name: the name, or else the email.
func called(name, email string) string {
	if name != "" {
		return name
	}
	return email
}

// initials are the one or two letters of a person's avatar.
func initials(name, email string) string {
	words := strings.Fields(called(name, email))
	if len(words) == 0 {
		return "?"
	}
	first := func(s string) string {
		r, _ := utf8.DecodeRuneInString(s)
		return strings.ToUpper(string(r))
	}
	if len(words) == 1 || name == "" {
		return first(words[0])
	}
	return first(words[0]) + first(words[len(words)-1])
}

// mayEndSupport reports whether the user may end the support access that the account grants.
func (v *visit) mayEndSupport() bool {
	return v.who != nil && v.me.Access != nil && v.ask(v.can.ChangeSettings()).OK
}
