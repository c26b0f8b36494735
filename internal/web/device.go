package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"raff/internal/signin"
	"raff/internal/team"
)

// deviceName is the name of the cookie by which a browser is recognized as one that this email has signed in with. Each
// email has its own cookie, so that people who share a browser do not replace each other's.
func (p *pages) deviceName(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	name := "raff_device_" + hex.EncodeToString(sum[:6])
	if p.secure {
		return "__Host-" + name
	}
	return name
}

// device is the token by which the browser is recognized for this email, or empty. The domain checks it.
func (p *pages) device(r *http.Request, email string) string {
	canonical, err := team.CanonicalEmail(email)
	if err != nil {
		return ""
	}
	c, err := r.Cookie(p.deviceName(canonical))
	if err != nil {
		return ""
	}
	return c.Value
}

// deviceCookie marks the browser as known for this user.
func (p *pages) deviceCookie(u team.User) (*http.Cookie, error) {
	token, err := p.signin.DeviceToken(u)
	if err != nil {
		return nil, err
	}
	return &http.Cookie{ //nolint:gosec // it is Secure if the public URL is HTTPS
		Name: p.deviceName(u.CanonicalEmail), Value: token, Path: "/", HttpOnly: true, Secure: p.secure,
		SameSite: http.SameSiteLaxMode, MaxAge: int(signin.DeviceLife / time.Second),
	}, nil
}

// entered redirects to a page with a new session.
func (p *pages) entered(r *http.Request, token, to string) (reply, error) {
	out := reply{to: to, cookie: p.cookie(token)}
	var err error
	out.device, err = p.remembered(r, token)
	return out, err
}

// remembered marks the browser as known for the user of the session. It returns nil while they still have to verify a
// second factor.
func (p *pages) remembered(r *http.Request, token string) (*http.Cookie, error) {
	me, err := p.svc.Session(r.Context(), token)
	if errors.Is(err, team.ErrFactorNeeded) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return p.deviceCookie(me.User)
}
