package mail

import (
	_ "embed"
	htmltemplate "html/template"
	"text/template"
)

//go:embed invitation.txt.tmpl
var textSource string

//go:embed invitation.html.tmpl
var htmlSource string

var (
	textBody = template.Must(template.New("text").Parse(textSource))
	htmlBody = htmltemplate.Must(htmltemplate.New("html").Parse(htmlSource))
)
