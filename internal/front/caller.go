package front

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"raff/internal/team"
)

// Errors of Caller in addition to those of the domain.
var (
	// ErrTwoCredentials is the error for a request with both an API key and a session cookie.
	ErrTwoCredentials = errors.New("the request has both an API key and a dashboard session cookie")
	// ErrCrossOrigin is the error for a cross-site request with a session cookie.
	ErrCrossOrigin = errors.New("a browser sent the request from another site, with a dashboard session cookie")
)

// Caller returns the caller of a request, identified by API key or dashboard session, with a single database read. It
// fails with ErrTwoCredentials, ErrCrossOrigin, or a domain error such as team.ErrUnauthenticated.
func (f *Front) Caller(ctx context.Context, r *http.Request) (who *team.Principal, err error) {
	return f.caller(ctx, r, f.svc.Authenticate)
}

// ServiceCaller is Caller for an operation of a service that verifies credentials; see team.Service.AuthenticateService.
func (f *Front) ServiceCaller(ctx context.Context, r *http.Request) (*team.Principal, error) {
	return f.caller(ctx, r, f.svc.AuthenticateService)
}

func (f *Front) caller(ctx context.Context, r *http.Request, byKey func(context.Context, string) (*team.Principal, error)) (who *team.Principal, err error) {
	keys, session := r.Header["X-Api-Key"], f.SessionToken(r)
	switch {
	case len(keys) > 0 && session != "":
		return nil, ErrTwoCredentials
	case len(keys) == 1:
		who, err = byKey(ctx, keys[0])
	case session != "":
		var me team.SignedIn
		me, err = f.Session(ctx, r)
		if who = me.Principal; who == nil && err == nil {
			err = team.ErrUnauthenticated
			if me.Closed != nil {
				err = me.Closed.With()
			}
		}
		if only, ok := ctx.Value(onlyKey{}).(*Only); ok && err == nil && who.AccountID != only.AccountID {
			only.Elsewhere, err = true, team.ErrUnauthenticated
		}
	default:
		err = team.ErrUnauthenticated
	}
	if err != nil {
		return nil, err
	}
	Of(ctx).by(who)
	return who, nil
}

// Only is the account that a request with a session is meant for, because the session can have moved to another account.
type Only struct {
	AccountID string
	Elsewhere bool // the request was refused, because the session was in another account
}

type onlyKey struct{}

// Within returns a context in which Caller accepts a session only while it is in this account.
func (o *Only) Within(ctx context.Context) context.Context {
	return context.WithValue(ctx, onlyKey{}, o)
}

// KeyCaller is ServiceCaller for a face that only API keys may use. It also accepts an API key in Authorization: Bearer, and
// ignores cookies.
func (f *Front) KeyCaller(ctx context.Context, r *http.Request) (who *team.Principal, err error) {
	secret, err := Key(r)
	if err != nil {
		return nil, err
	}
	if who, err = f.svc.AuthenticateService(ctx, secret); err != nil {
		return nil, err
	}
	Of(ctx).by(who)
	return who, nil
}

// Key returns the key in X-API-Key or Authorization: Bearer of a request; empty if there is none.
func Key(r *http.Request) (string, error) {
	keys, bearer := r.Header["X-Api-Key"], r.Header["Authorization"]
	if len(keys)+len(bearer) > 1 {
		return "", ErrTwoCredentials
	}
	if len(keys) == 1 {
		return keys[0], nil
	}
	if len(bearer) == 1 && len(bearer[0]) > len("Bearer ") && strings.EqualFold(bearer[0][:len("Bearer ")], "Bearer ") {
		return bearer[0][len("Bearer "):], nil
	}
	return "", nil
}

// Session returns the user of an API request with a dashboard session. It fails with a domain error, or with
// ErrCrossOrigin, because browsers also add the cookie to cross-site requests.
func (f *Front) Session(ctx context.Context, r *http.Request) (team.SignedIn, error) {
	if err := f.CheckOrigin(r); err != nil {
		return team.SignedIn{}, ErrCrossOrigin
	}
	me, ok, err := f.SignedIn(ctx, r)
	if err == nil && !ok {
		err = team.ErrUnauthenticated
	}
	return me, err
}

// SignedIn returns the signed-in user; ok is false if no one is signed in.
func (f *Front) SignedIn(ctx context.Context, r *http.Request) (me team.SignedIn, ok bool, err error) {
	token := f.SessionToken(r)
	if token == "" {
		return me, false, nil
	}
	me, err = f.svc.Session(ctx, token)
	if errors.Is(err, team.ErrSignedOut) || errors.Is(err, team.ErrFactorNeeded) {
		return me, false, nil
	}
	if err == nil && me.Principal != nil {
		Of(ctx).by(me.Principal)
	}
	return me, err == nil, err
}

// cookieName has the __Host- prefix with HTTPS, so that sibling domains cannot set the cookie.
func (f *Front) cookieName() string {
	if f.secure {
		return "__Host-raff_session"
	}
	return "raff_session"
}

// SessionToken returns the token of the dashboard session in a request, or "".
func (f *Front) SessionToken(r *http.Request) string {
	c, err := r.Cookie(f.cookieName())
	if err != nil {
		return ""
	}
	return c.Value
}

// SessionCookie returns the session cookie; an empty token removes it. The lifetime of the session is enforced by the
// server.
func (f *Front) SessionCookie(token string) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // Secure if the public URL is HTTPS
		Name: f.cookieName(), Value: token, Path: "/", HttpOnly: true, Secure: f.secure, SameSite: http.SameSiteLaxMode,
	}
	if token == "" {
		c.MaxAge = -1
	} else {
		c.MaxAge = int(team.SessionLife / time.Second)
	}
	return c
}
