package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"

	"raff/internal/front"
	"raff/internal/signin"
	"raff/internal/team"
)

func (p *pages) showSecond(r *http.Request) (reply, error) {
	a, err := p.signin.Awaiting(r.Context(), p.token(r))
	if errors.Is(err, team.ErrSignedOut) {
		return goTo("/sign-in")
	}
	if err != nil {
		return reply{}, err
	}
	speak(r.Context(), a.User.Language, "")
	f := secondForm{Awaiting: a, Next: local(r.URL.Query().Get("next"))}
	err = p.signin.CodesStopped(r.Context(), a, p.codeTry(r, a))
	if f.Stopped = errors.Is(err, signin.ErrCodesStopped); f.Stopped {
		_, f.CodeError, _, _ = refusal(r.Context(), err)
		err = nil
	}
	return reply{status: http.StatusOK, page: secondPage(f)}, err
}

// codeTry is an attempt to verify a second factor, from the browser and its form.
func (p *pages) codeTry(r *http.Request, a signin.Awaiting) signin.CodeTry {
	return signin.CodeTry{Code: r.PostForm.Get("code"), Device: p.device(r, a.User.Email), Source: front.Of(r.Context()).Remote}
}

func (p *pages) proveSecond(r *http.Request) (reply, error) {
	f := secondForm{Next: local(r.PostForm.Get("next"))}
	var err error
	if f.Awaiting, err = p.signin.Awaiting(r.Context(), p.token(r)); err != nil {
		if errors.Is(err, team.ErrSignedOut) {
			return goTo("/sign-in")
		}
		return reply{}, err
	}
	speak(r.Context(), f.User.Language, "")
	var token string
	if answer := r.PostForm.Get("answer"); answer != "" {
		token, err = p.signin.ProvePasskey(r.Context(), p.token(r), []byte(answer), p.codeTry(r, f.Awaiting))
	} else {
		token, err = p.signin.ProveCode(r.Context(), p.token(r), p.codeTry(r, f.Awaiting))
	}
	if err == nil {
		return p.entered(r, token, f.Next)
	}
	if errors.Is(err, team.ErrSignedOut) {
		return goTo("/sign-in")
	}
	field, message, status, ok := refusal(r.Context(), err, "passkey")
	if !ok {
		return reply{}, err
	}
	if field == "passkey" || r.PostForm.Get("answer") != "" {
		f.PasskeyError = message
	} else {
		f.CodeError, f.Stopped = message, errors.Is(err, signin.ErrCodesStopped)
	}
	return reply{status: status, page: secondPage(f)}, nil
}

// beginApp starts to set up an authenticator app and shows its QR code.
func (p *pages) beginApp(v *visit) (reply, error) {
	_, err := p.signin.AddTOTP(v.Context(), v.me, v.proof())
	if err == nil {
		return goTo("/profile/factors/app")
	}
	return p.profileAgain(v, err, func(f *profileForm, message string) { f.AppError = message })
}

func (p *pages) app(v *visit) (appView, error) {
	secret, uri, err := p.signin.PendingTOTP(v.Context(), v.me)
	if err != nil {
		return appView{}, err
	}
	a := appView{Secret: grouped(secret)}
	a.Path, a.Size, err = qrPath(uri)
	return a, err
}

// grouped formats a secret in groups that are easy to type.
func grouped(secret string) string {
	var b strings.Builder
	for i, r := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// qrPath draws a QR code as the path of an SVG, one unit for each module, with the quiet zone around it.
func qrPath(text string) (path string, size int, err error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", 0, err
	}
	const quiet = 4
	bounds := code.Bounds()
	var b strings.Builder
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				b.WriteString("M" + strconv.Itoa(x+quiet) + " " + strconv.Itoa(y+quiet) + "h1v1h-1z")
			}
		}
	}
	return b.String(), bounds.Dx() + 2*quiet, nil
}

func (p *pages) showApp(v *visit) (reply, error) {
	a, err := p.app(v)
	if team.IsNotFound(err) {
		return goTo("/profile")
	}
	return reply{status: http.StatusOK, page: appPage(v, a)}, err
}

func (p *pages) confirmApp(v *visit) (reply, error) {
	codes, err := p.signin.ConfirmTOTP(v.Context(), v.me, v.PostForm.Get("code"))
	if err == nil {
		return p.added(v, codes)
	}
	if team.IsNotFound(err) {
		return goTo("/profile")
	}
	_, message, status, ok := refusal(v.Context(), err)
	if !ok {
		return reply{}, err
	}
	a, err := p.app(v)
	a.CodeError = message
	return reply{status: status, page: appPage(v, a)}, err
}

// added redirects after a factor was added. The first factor comes with recovery codes to save. From now on, the
// browser is known as verified with a second factor.
func (p *pages) added(v *visit, codes []string) (out reply, err error) {
	if len(codes) == 0 {
		out, err = done("/profile", "factor-added")
	} else {
		out, err = show(codesPage(v, codes))
	}
	if err != nil {
		return out, err
	}
	out.device, err = p.deviceCookie(v.me.User)
	return out, err
}

// changeFactors removes a factor, or replaces the recovery codes.
func (p *pages) changeFactors(v *visit) (reply, error) {
	var err error
	if remove := v.PostForm.Get("remove"); remove != "" {
		if err = p.signin.RemoveFactor(v.Context(), v.me, v.proof(), remove); err == nil || team.IsNotFound(err) {
			return done("/profile", "factor-removed")
		}
	} else {
		var codes []string
		if codes, err = p.signin.NewRecoveryCodes(v.Context(), v.me, v.proof()); err == nil {
			return reply{status: http.StatusOK, page: codesPage(v, codes)}, nil
		}
	}
	return p.profileAgain(v, err, func(f *profileForm, message string) { f.FactorError = message })
}

// secondURL is the URL of the second factor page, which then redirects to next.
func secondURL(next string) string {
	if next == "" || next == "/" {
		return "/sign-in/second"
	}
	return "/sign-in/second?next=" + url.QueryEscape(next)
}
