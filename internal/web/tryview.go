package web

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// tryView is the form that calls an operation and, once it was sent, the response.
type tryView struct {
	Operation
	HasBody bool              // the operation has one, also if the user left it empty
	Values  map[string]string // of the parameters
	Once    string
	Wrong   string
	Curl    string
	Answer  *answer // nil before the form was sent
}

// kept is how much of a response the page shows, in bytes.
const kept = 128 << 10

// answer is a response of the API.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
	Cut    bool // the body has more than is shown
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	room := kept - a.body.Len()
	a.Cut = a.Cut || len(b) > room
	a.body.Write(b[:min(len(b), room)])
	return len(b), nil
}

// Status is the status with its text.
func (a *answer) Status() string {
	return http.StatusText(a.status)
}

// Headers are the lines of the header.
func (a *answer) Headers() string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		for _, value := range a.header[name] {
			lines = append(lines, name+": "+value)
		}
	}
	return strings.Join(lines, "\n")
}

// Body is the body, indented if it is JSON.
func (a *answer) Body() string {
	var b bytes.Buffer
	if json.Indent(&b, a.body.Bytes(), "", "  ") == nil {
		return strings.TrimSpace(b.String())
	}
	return strings.ToValidUTF8(a.body.String(), "�")
}

// target is the path and query of the request; missing is the name of a parameter without which there is none.
func (t tryView) target() (target, missing string) {
	target, q := t.Path, url.Values{}
	for _, a := range t.Parameters {
		value := t.Values[a.Name]
		switch {
		case value == "" && (a.Required || a.InPath):
			return "", a.Name
		case a.InHeader:
		case a.InPath:
			target = strings.ReplaceAll(target, "{"+a.Name+"}", url.PathEscape(value))
		case value != "":
			q.Set(a.Name, value)
		}
	}
	if len(q) > 0 {
		target += "?" + q.Encode()
	}
	return target, ""
}

// quoted is a text between single quotes of a shell.
func quoted(text string) string { return strings.ReplaceAll(text, "'", `'\''`) }

// curl is a command that sends the request.
func (t tryView) curl(target, body string) string {
	call := "curl -s"
	if t.Method != http.MethodGet && (t.Method != http.MethodPost || body == "") {
		call += " -X " + t.Method
	}
	call += ` "$RAFF_API_URL` + strings.ReplaceAll(target, "$", "%24") + `" -H "X-API-Key: $RAFF_API_KEY"`
	lines := []string{call}
	for _, a := range t.Parameters {
		if value := t.Values[a.Name]; a.InHeader && value != "" {
			lines = append(lines, "-H '"+a.Name+": "+quoted(value)+"'")
		}
	}
	if body != "" {
		lines = append(lines, "-H 'Content-Type: application/json' -d '"+quoted(body)+"'")
	}
	return strings.Join(lines, " \\\n  ")
}
