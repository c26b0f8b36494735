package manual

import (
	"bytes"
	"fmt"
	"strings"
)

// summary says what raff is, at the beginning of the files for programs.
const summary = "raff is the team and access system that a platform runs for its customers: members, email invitations, roles and " +
	"permissions, API keys, projects and an audit log. It has a REST API, a Terraform provider, a command line, a Go SDK and a dashboard."

// llms returns /llms.txt, an index of the documentation with links to the Markdown files.
func (s *server) llms(b *book) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# raff\n\n> %s\n\n", summary)
	fmt.Fprintf(&out, "Send an API key in the header `X-API-Key`. The API is described in OpenAPI at %[1]s/openapi.yaml and %[1]s/openapi.json, and everything below in one file at %[1]s/llms-full.txt.\n", s.options.PublicURL)
	for _, p := range b.parts {
		fmt.Fprintf(&out, "\n## %s\n\n", p.title)
		for _, c := range p.chapters {
			fmt.Fprintf(&out, "- [%s](%s/docs/%s.md): %s\n", c.title, s.options.PublicURL, c.name, firstSentence(c))
		}
	}
	return out.Bytes()
}

// firstSentence is the first sentence of a chapter below its title.
func firstSentence(c *chapter) string {
	var b strings.Builder
	for line := range strings.Lines(c.text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" && b.Len() > 0:
			return sentence(b.String())
		case line == "", strings.HasPrefix(line, "#"), strings.HasPrefix(line, "!["), strings.HasPrefix(line, "[All pages"):
		case strings.HasPrefix(line, "```"), strings.HasPrefix(line, "|"):
			return sentence(b.String())
		default:
			b.WriteString(line + " ")
		}
	}
	return sentence(b.String())
}

func sentence(text string) string {
	if i := strings.Index(text, ". "); i >= 0 {
		text = text[:i+1]
	}
	return strings.TrimSpace(text)
}

// full is /llms-full.txt: all chapters, one after the other.
func full(b *book) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\n", summary)
	for _, c := range b.chapters() {
		fmt.Fprintf(&out, "\n\n<!-- /docs/%s -->\n\n%s", c.name, strings.TrimSpace(c.text))
	}
	out.WriteByte('\n')
	return out.Bytes()
}
