package web

import (
	"strings"

	"strconv"

	"raff/internal/event"
	"raff/internal/signin"
)

var userWords = []wording{
	tells("Signed in", func(t *telling, p event.SignedIn) {
		t.say("signed in")
		if p.With == event.WithPasskey {
			t.say(" with a passkey")
		}
		t.fact("Second factor", secondFactorWord(p.SecondFactor))
	}),
	says[event.SignedOut]("Signed out", "signed out"),
	says[event.SessionEnded]("Session ended", "ended a session of their own"),
	says[event.SessionsEnded]("Other sessions ended", "ended all their other sessions"),
	tells("Account switched", func(t *telling, p event.AccountSwitched) {
		if p.Direction == "in" {
			t.say("switched to this account")
		} else {
			t.say("switched to another account")
		}
	}),
	tells("Sign-in failed", func(t *telling, p event.SignInFailed) {
		t.say("failed to sign in as ", theTarget)
		t.fact("Attempts", strconv.Itoa(p.Attempts))
	}),
	tells("Second factor refused", func(t *telling, p event.SecondFactorRefused) {
		t.say("entered the password of ", theTarget, " and a wrong second factor")
		t.fact("Attempts", strconv.Itoa(p.Attempts))
	}),
	tells("Codes stopped", func(t *telling, p event.CodesStopped) {
		t.say("entered so many wrong codes for ", theTarget, " that codes from their authenticator app are no longer accepted")
		t.fact("Wrong codes", strconv.Itoa(p.WrongCodes))
		t.fact("In a browser they had used before", yesNo("Yes", "No")(p.KnownBrowser))
	}),
	tells("Ways to sign in removed", func(t *telling, p event.SignInReset) {
		t.say("removed the ways to sign in as ", theTarget)
		t.count("Removed with it", p.SecondFactors, "passkey or authenticator app")
		t.fact("Disabled API keys", strings.Join(p.APIKeysDeactivated, ", "))
		t.fact("API keys kept enabled", strings.Join(p.APIKeysKept, ", "))
	}),
	tells("Password link created", tellPasswordLinkMade),
	says[event.PasswordSet]("Password set", "set their password"),
	says[event.PasswordChanged]("Password changed", "changed their password"),
	says[event.PasswordRemoved]("Password removed", "removed their password"),
	says[event.SecondFactorAdded]("Second factor added", "added a second factor"),
	says[event.SecondFactorRemoved]("Second factor removed", "removed a second factor"),
	says[event.SecondFactorsReset]("Second factors reset", "removed all second factors of ", theTarget),
	says[event.RecoveryCodesCreated]("Recovery codes created", "created new recovery codes"),
}

func tellPasswordLinkMade(t *telling, _ event.PasswordLinkMade) {
	switch {
	case t.event.IsAnonymous():
		t.say("requested a password link for ", theTarget)
	case t.event.ActorID == t.event.TargetID:
		t.say("requested a password link")
	default:
		t.say("created a password link for ", theTarget)
	}
}

func secondFactorWord(kind string) string {
	switch signin.FactorKind(kind) {
	case signin.FactorTOTP:
		return "Authenticator app"
	case signin.FactorPasskey:
		return "Passkey"
	case "recovery_code":
		return "Recovery code"
	}
	return kind
}
