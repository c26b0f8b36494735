package mail

import (
	"embed"
	htmltemplate "html/template"
	"text/template"

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
