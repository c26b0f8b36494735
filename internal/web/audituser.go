package web

import (
	"strings"

	"strconv"

	"raff/internal/event"
	"raff/internal/lang"
	"raff/internal/signin"
)

var userWords = []wording{
	describes("Signed in", func(t *eventText, p event.SignedIn) {
		switch {
		case p.With == event.WithPasskey && p.NewBrowser:
			t.say("{actor} signed in with a passkey and a new browser")
		case p.With == event.WithPasskey:
			t.say("{actor} signed in with a passkey")
		case p.NewBrowser:
			t.say("{actor} signed in with a new browser")
		default:
			t.say("{actor} signed in")
		}
		t.fact("Second factor", t.oneWord(map[string]lang.Text{
			string(signin.FactorTOTP): "Authenticator app", string(signin.FactorPasskey): "Passkey", "recovery_code": "Recovery code",
		}, p.SecondFactor))
	}),
	sentence[event.SignedOut]("Signed out", "{actor} signed out"),
	sentence[event.SessionEnded]("Session ended", "{actor} ended a session of their own"),
	sentence[event.SessionsEnded]("Other sessions ended", "{actor} ended all their other sessions"),
	describes("Account switched", func(t *eventText, p event.AccountSwitched) {
		if p.Direction == "in" {
			t.say("{actor} switched to this account")
		} else {
			t.say("{actor} switched to another account")
		}
	}),
	describes("Sign-in failed", func(t *eventText, p event.SignInFailed) {
		t.say("{actor} failed to sign in as {target}")
		t.attempts(p.Attempts, p.Addresses)
	}),
	describes("Second factor refused", func(t *eventText, p event.SecondFactorRefused) {
		t.say("{actor} entered the password of {target} and a wrong second factor")
		t.attempts(p.Attempts, p.Addresses)
	}),
	describes("Codes stopped", func(t *eventText, p event.CodesStopped) {
		t.say("{actor} entered so many wrong codes for {target} that codes from their authenticator app are no longer accepted")
		t.fact("Wrong codes", strconv.Itoa(p.WrongCodes))
		t.fact("In a browser they had used before", t.yesNo("Yes", "No")(p.KnownBrowser))
	}),
	describes("Ways to sign in removed", func(t *eventText, p event.SignInReset) {
		t.say("{actor} removed the ways to sign in as {target}")
		t.count("Removed with it", p.SecondFactors, "factor")
		t.fact("Disabled API keys", strings.Join(p.APIKeysDeactivated, ", "))
		t.fact("API keys kept enabled", strings.Join(p.APIKeysKept, ", "))
	}),
	describes("Password link created", describePasswordLinkMade),
	sentence[event.PasswordSet]("Password set", "{actor} set their password"),
	sentence[event.PasswordChanged]("Password changed", "{actor} changed their password"),
	sentence[event.PasswordRemoved]("Password removed", "{actor} removed their password"),
	sentence[event.SecondFactorAdded]("Second factor added", "{actor} added a second factor"),
	sentence[event.SecondFactorRemoved]("Second factor removed", "{actor} removed a second factor"),
	sentence[event.SecondFactorsReset]("Second factors reset", "{actor} removed all second factors of {target}"),
	sentence[event.RecoveryCodesCreated]("Recovery codes created", "{actor} created new recovery codes"),
	describes("Name changed", func(t *eventText, p event.NameChanged) {
		t.say("{actor} changed their name")
		t.fact("Before", p.Name.From)
		t.fact("After", p.Name.To)
	}),
	describes("Language changed", func(t *eventText, p event.LanguageChanged) {
		t.say("{actor} changed their language")
		t.fact("Before", languageName(p.Language.From))
		t.fact("After", languageName(p.Language.To))
	}),
	describes("Email changed", func(t *eventText, p event.EmailChanged) {
		t.say("{actor} changed their email")
		t.fact("Before", p.Email.From)
		t.fact("After", p.Email.To)
	}),
}

// attempts adds how many attempts there were, and from how many network addresses if from several.
func (t *eventText) attempts(n, addresses int) {
	t.fact("Attempts", strconv.Itoa(n))
	if addresses > 1 {
		t.fact("Network addresses", t.words.in.Say("{addresses}; the last one is shown below", addresses))
	}
}

func describePasswordLinkMade(t *eventText, _ event.PasswordLinkMade) {
	switch {
	case t.event.IsAnonymous():
		t.say("{actor} requested a password link for {target}")
	case t.event.ActorID == t.event.TargetID:
		t.say("{actor} requested a password link")
	default:
		t.say("{actor} created a password link for {target}")
	}
}
