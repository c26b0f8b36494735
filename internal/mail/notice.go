package mail

import (
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

// wording is the texts of one kind of notice, with the names of a notice that they are about.
type wording struct {
	subject, text func(n team.Notice) string
	ifNot, action string
}

const (
	setPassword = "Set a new password"
	notYou      = "If this was you, you do not need to do anything. If it was not you, set a new password now, which ends all other sessions. Then check your second factors in your profile."
	aboutSignIn = "You cannot unsubscribe from emails about how you sign in."
)

func fixed(text string) func(team.Notice) string { return func(team.Notice) string { return text } }

// wordings has the texts of all notices.
var wordings = map[team.NoticeKind]wording{
	team.NoticePasswordChanged: {fixed("Your password was changed"), func(n team.Notice) string { return "The password of " + n.To + " was changed." }, notYou, setPassword},
	team.NoticePasswordRemoved: {fixed("Your password was removed"), func(n team.Notice) string {
		return "The password of " + n.To + " was removed. From now on, you sign in with a passkey."
	}, notYou, setPassword},
	team.NoticeFactorAdded: {fixed("A second factor was added"), func(n team.Notice) string {
		return "A passkey or an authenticator app was added for " + n.To + "."
	}, notYou, setPassword},
	team.NoticeFactorRemoved: {fixed("A second factor was removed"), func(n team.Notice) string {
		return "A passkey or an authenticator app of " + n.To + " was removed."
	}, notYou, setPassword},
	team.NoticeFactorsReset: {fixed("Your second factors were removed"), func(n team.Notice) string {
		return "The operator of this server removed all passkeys and authenticator apps of " + n.To + ", and ended all sessions."
	}, "If you did not ask for this, set a new password now.", setPassword},
	team.NoticeSignIn: {fixed("New sign-in"), func(n team.Notice) string {
		return "Someone signed in as " + n.To + " with a browser that was not used for this before."
	}, notYou, setPassword},
	team.NoticeEmailChanged: {fixed("Your email was changed"), func(n team.Notice) string {
		return "The email of " + n.To + " was changed to " + n.NewEmail + ". You no longer sign in with " + n.To + "."
	}, "If this was not you, someone else can now sign in as you: tell an administrator of your team immediately.", "Open the sign-in page"},
	team.NoticeEmailTaken: {fixed("Your email was not changed"), func(n team.Notice) string {
		return "Another user wanted to change their email to " + n.To + ". This is not possible, because you sign in with it. Nothing was changed."
	}, "If the other user is also you, sign in with this email instead. Otherwise you can ignore this.", "Open the dashboard"},
	team.NoticeOwner: {func(n team.Notice) string { return "You are now the Owner of " + n.Account }, func(n team.Notice) string {
		return by(n, "transferred the ownership of "+n.Account+" to you.", "The ownership of "+n.Account+" was transferred to you.")
	}, "", "Open the dashboard"},
	team.NoticeAdded: {func(n team.Notice) string { return "You were added to " + where(n) }, func(n team.Notice) string {
		return by(n, "added you to "+where(n)+" as "+n.Role+".", "You were added to "+where(n)+" as "+n.Role+".")
	}, "", "Open the dashboard"},
	team.NoticeSupport: {func(n team.Notice) string { return "Support opened " + n.Account }, func(n team.Notice) string {
		may := "only view it"
		if n.Role == string(team.SupportWrite) {
			may = "view it and change its members, roles and projects"
		}
		return n.By + " of support has access to " + n.Account + " and can " + may + ", because your team let support in. The audit log has everything that support does."
	}, "You can end this at any time, from the next request on.", "Open the settings"},
}

// where is the account or the project of it that a notice is about.
func where(n team.Notice) string {
	if n.Project == "" {
		return n.Account
	}
	return "the project " + n.Project + " of " + n.Account
}

// by begins a sentence with who did it, if that is known.
func by(n team.Notice, did, passive string) string {
	if n.By == "" {
		return passive
	}
	return n.By + " " + did
}

// noticeOf writes a notice. All names in it become harmless first.
func noticeOf(n team.Notice) notice {
	for _, s := range []*string{&n.To, &n.NewEmail, &n.Account, &n.Project, &n.Role, &n.By, &n.Address, &n.UserAgent, &n.Reason} {
		*s = plain(*s)
	}
	w := wordings[n.What]
	if w.subject == nil {
		return notice{}
	}
	out := notice{Title: w.subject(n), Text: w.text(n), IfNot: w.ifNot, Action: w.action, Why: aboutSignIn}
	switch n.What {
	case team.NoticeOwner, team.NoticeAdded:
		out.Why = "You get this email because your access changed."
		return out
	case team.NoticeSupport:
		out.Why = "You get this email because you own this account."
		out.Facts = []fact{{"Reason", n.Reason}, {"Time", n.At.UTC().Format(moment)}, {"Until", n.Until.UTC().Format(moment)}}
		return out
	case team.NoticeEmailTaken:
		return out
	}
	out.Facts = append(out.Facts, fact{"Time", n.At.UTC().Format(moment)})
	if browser := team.Browser(n.UserAgent); browser != "" && n.What != team.NoticeFactorsReset {
		out.Facts = append(out.Facts, fact{"Browser", browser})
	}
	if n.Address != "" && n.What != team.NoticeFactorsReset {
		out.Facts = append(out.Facts, fact{"Network address", n.Address})
	}
	return out
}
