package mail

import (
	"embed"
	"html"
	htmltemplate "html/template"
	"strings"
	"text/template"

	"raff/internal/lang"
	"raff/internal/team"
)

//go:embed *.tmpl
var templates embed.FS

// body is the text and HTML template of one kind of email.
type body struct {
	text *template.Template
	html *htmltemplate.Template
}

var bodies = map[team.MessageKind]body{
	"":                       read("invitation"),
	team.MessageInvitation:   read("invitation"),
	team.MessagePassword:     read("password"),
	team.MessageCodesStopped: read("codes_stopped"),
	team.MessageNewEmail:     read("new_email"),
	team.MessageNotice:       read("notice"),
}

func read(name string) body {
	return body{
		text: template.Must(template.ParseFS(templates, name+".txt.tmpl", "brand.txt.tmpl")),
		html: htmltemplate.Must(htmltemplate.ParseFS(templates, name+".html.tmpl", "brand.html.tmpl")),
	}
}

// Tag and Dir are the language and direction of the HTML.
func (c content) Tag() string { return c.lang.Tag }

// Dir is described with Tag.
func (c content) Dir() string { return c.lang.Dir() }

// Say is a message in the language of the email.
func (c content) Say(text string, values ...any) string {
	return c.lang.Say(lang.Text(text), values...)
}

// Rich is a message as HTML, with its values in bold.
func (c content) Rich(text string, values ...string) htmltemplate.HTML {
	var b strings.Builder
	for _, p := range c.lang.Parts(lang.Text(text)) {
		b.WriteString(html.EscapeString(p.Literal))
		if p.Value >= 0 && p.Value < len(values) {
			b.WriteString("<bdi><strong>" + html.EscapeString(values[p.Value]) + "</strong></bdi>")
		}
	}
	return htmltemplate.HTML(b.String()) //nolint:gosec // everything in it is escaped
}

// width is the length of lines that Wrap makes.
const width = 120

// Wrap breaks a long text into lines.
func (content) Wrap(text string) string {
	var b strings.Builder
	n := 0
	for i, word := range strings.Fields(text) {
		switch w := len([]rune(word)); {
		case i == 0:
			n = w
		case n+1+w > width:
			b.WriteByte('\n')
			n = w
		default:
			b.WriteByte(' ')
			n += 1 + w
		}
		b.WriteString(word)
	}
	return b.String()
}
