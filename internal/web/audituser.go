package web

import (
	"strings"

	"strconv"

	"raff/internal/event"
	"raff/internal/signin"
)

var userWords = []wording{
	describes("Signed in", func(t *eventText, p event.SignedIn) {
		t.say("signed in")
		if p.With == event.WithPasskey {
			t.say(" with a passkey")
		}
		if p.NewBrowser {
			t.say(" with a new browser")
		}
		t.fact("Second factor", secondFactorWord(p.SecondFactor))
	}),
	sentence[event.SignedOut]("Signed out", "signed out"),
	sentence[event.SessionEnded]("Session ended", "ended a session of their own"),
	sentence[event.SessionsEnded]("Other sessions ended", "ended all their other sessions"),
	describes("Account switched", func(t *eventText, p event.AccountSwitched) {
		if p.Direction == "in" {
			t.say("switched to this account")
		} else {
			t.say("switched to another account")
		}
	}),
	describes("Sign-in failed", func(t *eventText, p event.SignInFailed) {
		t.say("failed to sign in as ", theTarget)
		t.attempts(p.Attempts, p.Addresses)
	}),
	describes("Second factor refused", func(t *eventText, p event.SecondFactorRefused) {
		t.say("entered the password of ", theTarget, " and a wrong second factor")
		t.attempts(p.Attempts, p.Addresses)
	}),
	describes("Codes stopped", func(t *eventText, p event.CodesStopped) {
		t.say("entered so many wrong codes for ", theTarget, " that codes from their authenticator app are no longer accepted")
		t.fact("Wrong codes", strconv.Itoa(p.WrongCodes))
		t.fact("In a browser they had used before", yesNo("Yes", "No")(p.KnownBrowser))
	}),
	describes("Ways to sign in removed", func(t *eventText, p event.SignInReset) {
		t.say("removed the ways to sign in as ", theTarget)
		t.count("Removed with it", p.SecondFactors, "passkey or authenticator app")
		t.fact("Disabled API keys", strings.Join(p.APIKeysDeactivated, ", "))
		t.fact("API keys kept enabled", strings.Join(p.APIKeysKept, ", "))
	}),
	describes("Password link created", describePasswordLinkMade),
	sentence[event.PasswordSet]("Password set", "set their password"),
	sentence[event.PasswordChanged]("Password changed", "changed their password"),
	sentence[event.PasswordRemoved]("Password removed", "removed their password"),
	sentence[event.SecondFactorAdded]("Second factor added", "added a second factor"),
	sentence[event.SecondFactorRemoved]("Second factor removed", "removed a second factor"),
	sentence[event.SecondFactorsReset]("Second factors reset", "removed all second factors of ", theTarget),
	sentence[event.RecoveryCodesCreated]("Recovery codes created", "created new recovery codes"),
	describes("Name changed", func(t *eventText, p event.NameChanged) {
		t.say("changed their name")
		t.fact("Before", p.Name.From)
		t.fact("After", p.Name.To)
	}),
	describes("Email changed", func(t *eventText, p event.EmailChanged) {
		t.say("changed their email")
		t.fact("Before", p.Email.From)
		t.fact("After", p.Email.To)
	}),
}

// attempts adds how many attempts there were, and from how many network addresses if from several.
func (t *eventText) attempts(n, addresses int) {
	t.fact("Attempts", strconv.Itoa(n))
	if addresses > 1 {
		t.fact("Network addresses", strconv.Itoa(addresses)+"; the last one is shown below")
	}
}

func describePasswordLinkMade(t *eventText, _ event.PasswordLinkMade) {
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
