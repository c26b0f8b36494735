package mail

import (
	"raff/internal/lang"
	"raff/internal/team"
)

// notice is what a notice says.
type notice struct {
	Title string
	Text  string
	Facts []fact
	// IfNot says what to do if it was someone else; empty if that makes no difference.
	IfNot string
	// Action is where the link leads, and Why says why the person gets this email.
	Action, Why string
}

// fact is one line of details.
type fact struct{ Name, Value string }

// wording is the texts of one kind of notice. Their placeholders are the names of a notice: {to}, {email}, {account}, {project}, {role}
// and {by}.
type wording struct {
	subject, text lang.Text
	ifNot, action lang.Text
}

const (
	setPassword   lang.Text = "Set a new password"
	openDashboard lang.Text = "Open the dashboard"
	notYou        lang.Text = "If this was you, you do not need to do anything. If it was not you, set a new password now, which ends all other sessions. Then check your second factors in your profile."
)

// wordings has the texts of all notices.
var wordings = map[team.NoticeKind]wording{
	team.NoticePasswordChanged: {"Your password was changed", "The password of {to} was changed.", notYou, setPassword},
	team.NoticePasswordRemoved: {"Your password was removed", "The password of {to} was removed. From now on, you sign in with a passkey.", notYou, setPassword},
	team.NoticeFactorAdded:     {"A second factor was added", "A passkey or an authenticator app was added for {to}.", notYou, setPassword},
	team.NoticeFactorRemoved:   {"A second factor was removed", "A passkey or an authenticator app of {to} was removed.", notYou, setPassword},
	team.NoticeFactorsReset: {
		"Your second factors were removed", "The operator of this server removed all passkeys and authenticator apps of {to}, and ended all sessions.",
		"If you did not ask for this, set a new password now.", setPassword,
	},
	team.NoticeSignIn: {"New sign-in", "Someone signed in as {to} with a browser that was not used for this before.", notYou, setPassword},
	team.NoticeEmailChanged: {
		"Your email was changed", "The email of {to} was changed to {email}. You no longer sign in with {to}.",
		"If this was not you, someone else can now sign in as you: tell an administrator of your team immediately.", "Open the sign-in page",
	},
	team.NoticeEmailTaken: {
		"Your email was not changed", "Another user wanted to change their email to {to}. This is not possible, because you sign in with it. Nothing was changed.",
		"If the other user is also you, sign in with this email instead. Otherwise you can ignore this.", openDashboard,
	},
	team.NoticeOwner: {subject: "You are now the Owner of {account}", action: openDashboard},
	team.NoticeNotOwner: {
		"You are no longer the Owner of {account}",
		"The operator of this server transferred the ownership of {account} to {email}. Your role is now {role}. Your API keys with the Owner role were disabled.",
		"If you did not agree to this, contact the operator as soon as possible.", openDashboard,
	},
	team.NoticeAdded: {action: openDashboard},
	team.NoticeDeletion: {
		"{account} is being deleted",
		"The operator of this server is deleting {account}. Its API keys and sessions no longer work. Until the time below, the operator can restore it with everything in it. Then all its data is removed, including the audit log.",
		"If you did not ask for this, contact the operator as soon as possible.", openDashboard,
	},
	team.NoticeSupport: {subject: "Support opened {account}", ifNot: "You can end this at any time, from the next request on.", action: "Open the settings"},
}

// wordingOf is the wording of a notice. That of a new role depends on what is known of it.
func wordingOf(n team.Notice) wording {
	w := wordings[n.What]
	switch {
	case n.What == team.NoticeOwner && n.By != "":
		w.text = "{by} transferred the ownership of {account} to you."
	case n.What == team.NoticeOwner:
		w.text = "The ownership of {account} was transferred to you."
	case n.What == team.NoticeSupport && n.Role == string(team.SupportWrite):
		w.text = "{by} of support has access to {account} and can view it and change its members, roles and projects, because your team granted support access. The audit log has everything that support does."
	case n.What == team.NoticeSupport:
		w.text = "{by} of support has access to {account} and can only view it, because your team granted support access. The audit log has everything that support does."
	case n.What != team.NoticeAdded:
	case n.Project != "" && n.By != "":
		w.subject, w.text = "You were added to the project {project} of {account}", "{by} added you to the project {project} of {account} as {role}."
	case n.Project != "":
		w.subject, w.text = "You were added to the project {project} of {account}", "You were added to the project {project} of {account} as {role}."
	case n.By != "":
		w.subject, w.text = "You were added to {account}", "{by} added you to {account} as {role}."
	default:
		w.subject, w.text = "You were added to {account}", "You were added to {account} as {role}."
	}
	return w
}

// fill puts the names of a notice into a text.
func fill(l *lang.Language, text lang.Text, n team.Notice) string {
	names := map[string]string{"to": n.To, "email": n.NewEmail, "account": n.Account, "project": n.Project, "role": n.Role, "by": n.By}
	var values []any
	for _, name := range lang.Placeholders(string(text)) {
		values = append(values, names[name])
	}
	return l.Say(text, values...)
}

// noticeOf writes a notice. All names in it become harmless first.
func noticeOf(l *lang.Language, n team.Notice) notice {
	for _, s := range []*string{&n.To, &n.NewEmail, &n.Account, &n.Project, &n.Role, &n.By, &n.Address, &n.UserAgent, &n.Reason} {
		*s = plain(*s)
	}
	switch {
	case n.By == "":
	case n.ByKey:
		n.By = l.Say("The API key {key}", n.By)
	case n.BySupport:
		n.By = l.Say("{name} (support)", n.By)
	}
	w := wordingOf(n)
	if w.subject == "" {
		return notice{}
	}
	out := notice{Title: fill(l, w.subject, n), Text: fill(l, w.text, n), Action: l.Say(w.action), Why: l.Say("You cannot unsubscribe from emails about how you sign in.")}
	if w.ifNot != "" {
		out.IfNot = l.Say(w.ifNot)
	}
	switch n.What {
	case team.NoticeOwner, team.NoticeNotOwner, team.NoticeAdded:
		for _, a := range n.Also {
			out.Facts = append(out.Facts, fact{l.Say("Also in"), also(l, a)})
		}
		out.Why = l.Say("You get this email because your access changed.")
		return out
	case team.NoticeSupport:
		out.Why = l.Say("You get this email because you own this account.")
		out.Facts = []fact{{l.Say("Reason"), n.Reason}, {l.Say("Time"), l.Moment(n.At.UTC())}, {l.Say("Until"), l.Moment(n.Until.UTC())}}
		return out
	case team.NoticeDeletion:
		out.Why = l.Say("You get this email because you own this account.")
		out.Facts = []fact{{l.Say("Time"), l.Moment(n.At.UTC())}, {l.Say("Until"), l.Moment(n.Until.UTC())}}
		return out
	case team.NoticeEmailTaken:
		return out
	}
	out.Facts = append(out.Facts, fact{l.Say("Time"), l.Moment(n.At.UTC())})
	if browser := l.Browser(team.Device(n.UserAgent)); browser != "" && n.What != team.NoticeFactorsReset {
		out.Facts = append(out.Facts, fact{l.Say("Browser"), browser})
	}
	if n.Address != "" && n.What != team.NoticeFactorsReset {
		out.Facts = append(out.Facts, fact{l.Say("Network address"), n.Address})
	}
	return out
}

// also is one of the places that somebody gets together with another one.
func also(l *lang.Language, a team.OfferedPlace) string {
	return l.Say("{place} as {role}", plain(a.Project), plain(a.Role))
}
