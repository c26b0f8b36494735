package web

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"raff/internal/front"
	"raff/internal/signin"
	"raff/internal/team"
)

// Passkeys are used by a script: it fetches the options of the WebAuthn call and puts the result into a form.

// passkeyToSignIn responds with the options for signing in with a passkey.
func (p *pages) passkeyToSignIn(r *http.Request) (reply, error) {
	options, err := p.signin.BeginPasskeySignIn()
	return answerScript(r.Context(), options, err)
}

func (p *pages) signInWithPasskey(r *http.Request) (reply, error) {
	f := p.signInForm(r.PostForm.Get("next"), "")
	token, err := p.signin.SignInWithPasskey(r.Context(), []byte(r.PostForm.Get("answer")), p.attempt(r, ""))
	if err == nil {
		return p.entered(r, token, f.Next)
	}
	_, message, status, ok := refusal(r.Context(), err)
	if !ok {
		return reply{}, err
	}
	f.PasskeyError = message
	return reply{status: status, page: signInPage(f)}, nil
}

// passkeyToProve responds with the options for a passkey as the second factor.
func (p *pages) passkeyToProve(r *http.Request) (reply, error) {
	options, err := p.signin.BeginProof(r.Context(), p.token(r))
	return answerScript(r.Context(), options, err)
}

// passkeyToConfirm responds with the options for a passkey that confirms a sensitive action in place of the password.
func (p *pages) passkeyToConfirm(v *visit) (reply, error) {
	options, err := p.signin.BeginConfirm(v.Context(), v.me)
	return answerScript(v.Context(), options, err)
}

// proof is the password or passkey with which the user confirmed the form.
func (v *visit) proof() team.Proof {
	return team.Proof{
		Password: v.PostForm.Get("current_password"), Passkey: []byte(v.PostForm.Get("proof")), Source: front.Of(v.Context()).Remote,
	}
}

// confirmation is the part of a form that asks for the password or a passkey: which of them the user has, and the error
// of the last attempt.
type confirmation struct {
	Password, Passkey bool
	Error             string
}

// confirmation finds out whether the user has a password or passkeys.
func (v *visit) confirmation(factors []signin.Factor) confirmation {
	c := confirmation{Password: v.me.User.PasswordHash != ""}
	for _, f := range factors {
		c.Passkey = c.Passkey || f.Kind == signin.FactorPasskey
	}
	return c
}

// failed is the confirmation with an error.
func (c confirmation) failed(message string) confirmation {
	c.Error = message
	return c
}

func (p *pages) passkeyOptions(v *visit) (reply, error) {
	options, err := p.signin.BeginPasskey(v.Context(), v.me, v.proof())
	return answerScript(v.Context(), options, err)
}

func (p *pages) addPasskey(v *visit) (reply, error) {
	codes, err := p.signin.FinishPasskey(v.Context(), v.me, typedName(v.Request), []byte(v.PostForm.Get("answer")))
	if err == nil {
		return p.added(v, codes)
	}
	return p.profileAgain(v, err, func(f *profileForm, message string) { f.PasskeyError = message })
}

// answerScript sends a script JSON, or with an error message for the user.
func answerScript(ctx context.Context, options []byte, err error) (reply, error) {
	out := reply{status: http.StatusOK, contentType: "application/json"}
	if err != nil {
		_, message, status, ok := refusal(ctx, err)
		if !ok {
			return reply{}, err
		}
		out.status = status
		if options, err = json.Marshal(map[string]string{"message": message}); err != nil {
			return reply{}, err
		}
	}
	out.write = func(_ context.Context, w io.Writer) error {
		_, err := w.Write(options)
		return err
	}
	return out, nil
}
