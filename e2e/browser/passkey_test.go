package browser

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"raff/internal/rafftest"
	"raff/internal/signin"
)

// TestPasskey adds a passkey to a profile and signs in with it, using the browser's virtual authenticator.
func TestPasskey(t *testing.T) {
	b := tabWithKey(t, webauthn.AuthenticatorTransportUsb)
	signIn := func() {
		b.open("/sign-in?next=/profile")
		b.fill("#email", "owner@example.com")
		b.fill("#password", rafftest.Password)
		b.follow("form button")
	}
	signIn()
	const add = "form[data-passkey=create]"
	b.click("details[data-with-passkeys] summary")
	b.fill("#passkey_password", "not the right one")
	b.click(add + " button")
	b.until(`document.querySelector("form[data-passkey=create] [data-problem]").innerText.includes("Wrong password")`)
	b.do(chromedp.SetValue(chromedp.CSS("#passkey_password"), rafftest.Password), chromedp.SetValue(chromedp.CSS("#passkey_name"), "Blue key"))
	b.follow(add + " button")
	b.shows("Your recovery codes")
	b.fits()
	b.open("/profile")
	b.shows("Blue key", "10 codes left")
	b.fits()

	b.follow("form[action='/sign-out'] button")
	signIn()
	b.shows("Verify it is you", "Use a passkey")
	b.fits()
	b.follow("form[data-passkey=get] button")
	b.shows("Your profile", "Blue key", "last used")
	if at := b.path(); at != "/profile" {
		t.Errorf("signing in with the passkey redirects to %s", at)
	}

	// It is accepted where the password is asked for again, and then replaces the password.
	b.click("section[aria-labelledby=password-title] summary")
	part := "form[action='/profile/password/remove'] "
	b.click(part + "[data-confirm] button")
	b.until(`document.querySelector("form[action='/profile/password/remove'] [data-done]").innerText.includes("Confirmed with your passkey")`)
	b.fits()
	b.follow(part + "button[type=submit]")
	b.shows("Password removed", "Set a password")
	b.fits()
	b.follow("form[action='/sign-out'] button")
	b.open("/sign-in?next=/profile")
	b.shows("Sign in with a passkey")
	b.fits()
	b.follow("form[data-passkey=get] button")
	b.shows("Your profile", "Blue key")
}

// TestPasskeyAutofill signs in without a click: the virtual authenticator has one passkey and uses it as soon as it can.
func TestPasskeyAutofill(t *testing.T) {
	b := tabWithKey(t, webauthn.AuthenticatorTransportInternal)
	b.open("/sign-in?next=/profile")
	b.fill("#email", "owner@example.com")
	b.fill("#password", rafftest.Password)
	b.follow("form button")
	b.click("details[data-with-passkeys] summary")
	b.fill("#passkey_password", rafftest.Password)
	b.follow("form[data-passkey=create] button")
	b.shows("Your recovery codes")
	b.open("/profile")
	b.follow("form[action='/sign-out'] button")
	b.until(`location.pathname === "/overview"`)
}

// tabWithKey opens a window with a virtual authenticator on a server whose Owner has a password.
func tabWithKey(t *testing.T, transport webauthn.AuthenticatorTransport) *tab {
	t.Helper()
	srv := rafftest.Start(t, rafftest.WithName())
	if err := srv.Node.SignIn().SetPasswordByLink(t.Context(), signin.NewPassword{Token: rafftest.TokenOf(t, srv.OwnerLink), Name: "Trent", Password: rafftest.Password}); err != nil {
		t.Fatal(err)
	}
	b := newTab(t, srv.URL)
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: transport, HasUserVerification: true, HasResidentKey: true,
			IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		return err
	}))
	return b
}
