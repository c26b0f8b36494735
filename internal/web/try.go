package web

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"raff/internal/front"
)

func (p *pages) tryForm(v *visit) (tryView, error) {
	if p.api.Operations != nil {
		for _, o := range p.api.Operations() {
			if o.ID == v.PathValue("operation") {
				return tryView{Operation: o, HasBody: o.Body != "", Values: map[string]string{}, Once: once()}, nil
			}
		}
	}
	return tryView{}, refusedNoPage.With()
}

func (p *pages) showTry(v *visit) (reply, error) {
	t, err := p.tryForm(v)
	if err != nil {
		return reply{}, err
	}
	t.Curl = t.curl(t.Path, t.Body)
	return show(tryPage(v, t))
}

// sendTry calls an operation for the user. The API finds the session in the request and decides as for any other request. A form
// was sent by a click on this site, which the page has checked like every other form.
func (p *pages) sendTry(v *visit) (reply, error) {
	t, err := p.tryForm(v)
	if err != nil {
		return reply{}, err
	}
	for _, a := range t.Parameters {
		t.Values[a.Name] = strings.TrimSpace(v.PostForm.Get("p_" + a.Name))
	}
	if t.HasBody {
		t.Body = v.PostForm.Get("body")
	}
	target, missing := t.target()
	if missing != "" {
		t.Wrong, t.Curl = v.say("Enter {parameter}.", missing), t.curl(t.Path, t.Body)
		return reply{status: http.StatusBadRequest, page: tryPage(v, t)}, nil
	}
	t.Curl = t.curl(target, t.Body)
	only := front.Only{AccountID: v.who.AccountID}
	r, err := http.NewRequestWithContext(only.Within(v.Context()), t.Method, target, strings.NewReader(t.Body))
	if err != nil {
		t.Wrong = v.say("This is not a valid request.")
		return reply{status: http.StatusBadRequest, page: tryPage(v, t)}, nil //nolint:nilerr // the page says what is wrong
	}
	r.RequestURI, r.Host, r.RemoteAddr, r.TLS = target, v.Host, v.RemoteAddr, v.TLS
	r.Header = v.tryHeader(t)
	t.Answer = &answer{header: http.Header{}}
	p.api.Handler.ServeHTTP(t.Answer, r)
	if only.Elsewhere {
		return v.moved()
	}
	return show(tryPage(v, t))
}

// tryHeader is the header of a request to the API, which has the session, the origin and the network address of the form.
func (v *visit) tryHeader(t tryView) http.Header {
	h := http.Header{"Accept": {"application/json"}}
	for name, values := range v.Header {
		if slices.Contains([]string{"Cookie", "Origin", "User-Agent", "Sec-Fetch-Site", "Forwarded"}, name) || strings.HasPrefix(name, "X-Forwarded-") {
			h[name] = slices.Clone(values)
		}
	}
	if t.Body != "" {
		h.Set("Content-Type", "application/json")
	}
	for _, a := range t.Parameters {
		if value := t.Values[a.Name]; a.InHeader && value != "" {
			h.Set(a.Name, value)
		}
	}
	if v.PostForm.Get("once") != "" && t.Method == http.MethodPost {
		// A reload does not repeat it. The key covers the form's values: a user who goes back and changes them sends another request.
		h.Set("Idempotency-Key", "try-"+hex.EncodeToString(bodyHash(v)))
	}
	return h
}

// withCode shows a description of the API, in which code is between backticks.
func withCode(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		for i, part := range strings.Split(text, "`") {
			if i%2 == 1 {
				part = "<code>" + templ.EscapeString(part) + "</code>"
			} else {
				part = templ.EscapeString(part)
			}
			b.WriteString(part)
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}
