package web

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"raff/internal/front"
	"raff/internal/team"
)

// A passkey is asked for by a script: it fetches what to ask, and puts the answer into a form.

// passkeyToSignIn is what the browser of a stranger asks a passkey for.
func (p *pages) passkeyToSignIn(*http.Request) (reply, error) {
	options, err := p.svc.BeginPasskeySignIn()
	return answerScript(options, err)
}

func (p *pages) signInWithPasskey(r *http.Request) (reply, error) {
	f := p.signInForm(r.PostForm.Get("next"), "")
	token, err := p.svc.SignInWithPasskey(r.Context(), []byte(r.PostForm.Get("answer")), p.attempt(r, ""))
	if err == nil {
		return p.entered(r, token, f.Next)
	}
	_, message, status, ok := refusal(err)
	if !ok {
		return reply{}, err
	}
	f.PasskeyError = message
	return reply{status: status, page: signInPage(f)}, nil
}

// passkeyToProve is what the browser asks a passkey for.
func (p *pages) passkeyToProve(r *http.Request) (reply, error) {
	options, err := p.svc.BeginProof(r.Context(), p.token(r))
	return answerScript(options, err)
}

// passkeyToConfirm is what the browser asks a passkey for that stands for the password before something grave.
func (p *pages) passkeyToConfirm(v *visit) (reply, error) {
	options, err := p.svc.BeginConfirm(v.Context(), v.me)
	return answerScript(options, err)
}

// proof is what the form brought to show that it is still the same person.
func (v *visit) proof() team.Proof {
	return team.Proof{
		Password: v.PostForm.Get("current_password"), Passkey: []byte(v.PostForm.Get("proof")), Source: front.Of(v.Context()).Remote,
	}
}

// confirmation is the part of a form in which somebody shows that it is still them: the ways they have, and what was
// wrong with the last one.
type confirmation struct {
	Password, Passkey bool
	Error             string
}

// confirmation finds the ways the person has.
func (v *visit) confirmation(factors []team.Factor) confirmation {
	c := confirmation{Password: v.me.User.PasswordHash != ""}
	for _, f := range factors {
		c.Passkey = c.Passkey || f.Kind == team.FactorPasskey
	}
	return c
}

// failed is the confirmation with what was wrong.
func (c confirmation) failed(message string) confirmation {
	c.Error = message
	return c
}

func (p *pages) passkeyOptions(v *visit) (reply, error) {
	options, err := p.svc.BeginPasskey(v.Context(), v.me, v.proof())
	return answerScript(options, err)
}

func (p *pages) addPasskey(v *visit) (reply, error) {
	codes, err := p.svc.FinishPasskey(v.Context(), v.me, typedName(v.Request), []byte(v.PostForm.Get("answer")))
	if err == nil {
		return p.added(v, codes)
	}
	return p.profileAgain(v, err, func(f *profileForm, message string) { f.PasskeyError = message })
}

// answerScript answers a script: with what it asked for, or with what is wrong in words for the person.
func answerScript(options []byte, err error) (reply, error) {
	out := reply{status: http.StatusOK, contentType: "application/json"}
	if err != nil {
		_, message, status, ok := refusal(err)
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
