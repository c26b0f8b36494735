package manual

import (
	"bytes"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// heading is a heading of a chapter, for its table of contents and for the search.
type heading struct {
	Level    int
	ID, Text string
}

// rendered is a chapter as HTML, without its title.
type rendered struct {
	HTML     template.HTML
	Headings []heading
}

// tables align their cells with an attribute, because the policy of the pages forbids styles.
var tables = extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))

// render makes HTML from a chapter. HTML in Markdown is left out, and links lead to pages.
func (b *book) render(c *chapter) (rendered, error) {
	var out rendered
	links := &linker{book: b, chapter: c, out: &out}
	md := goldmark.New(goldmark.WithExtensions(tables, extension.Linkify), goldmark.WithParserOptions(
		parser.WithAutoHeadingID(), parser.WithAttribute(), parser.WithASTTransformers(util.Prioritized(links, 100)),
	))
	var html bytes.Buffer
	if err := md.Convert([]byte(c.text), &html); err != nil {
		return out, err
	}
	// Wide code and tables scroll, also with the keyboard.
	body := strings.NewReplacer("<pre>", `<pre tabindex="0">`, "<table>", `<div class="wide" role="group" aria-label="Table" tabindex="0"><table>`, "</table>", "</table></div>", "<th></th>", "<td></td>").Replace(html.String())
	out.HTML = template.HTML(body) //nolint:gosec // goldmark escapes the text, and leaves out HTML
	return out, nil
}

// linker changes the links of a chapter so that they lead to pages, and collects its headings.
type linker struct {
	book    *book
	chapter *chapter
	out     *rendered
}

// Transform implements parser.ASTTransformer.
func (l *linker) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	source := reader.Source()
	var gone []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			id, _ := n.AttributeString("id")
			name, _ := id.([]byte)
			l.out.Headings = append(l.out.Headings, heading{n.Level, string(name), plainText(n, source)})
		case *ast.Image:
			gone = append(gone, n)
			return ast.WalkSkipChildren, nil
		case *ast.Link:
			if to, ok := l.url(string(n.Destination)); ok {
				n.Destination = []byte(to)
			} else {
				gone = append(gone, n)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, n := range gone {
		l.unlink(n)
	}
}

// url is the URL of a link. ok is false for a link to a file of the repository that is not a page.
func (l *linker) url(link string) (url string, ok bool) {
	if strings.Contains(link, "://") || strings.HasPrefix(link, "/") || strings.HasPrefix(link, "mailto:") {
		return link, true
	}
	to, fragment, ok := l.book.resolve(l.chapter, link)
	if !ok {
		return "", false
	}
	if to == l.chapter {
		return fragment, true
	}
	return "/docs/" + to.name + fragment, true
}

// unlink replaces a link by its text. A paragraph that is only such a link, or an image, is removed.
func (l *linker) unlink(n ast.Node) {
	parent := n.Parent()
	_, image := n.(*ast.Image)
	if _, paragraph := parent.(*ast.Paragraph); paragraph && n.PreviousSibling() == nil && (n.NextSibling() == nil || parent.ChildCount() == 2 && n.NextSibling().Kind() == ast.KindText) {
		parent.Parent().RemoveChild(parent.Parent(), parent)
		return
	}
	if !image {
		for child := n.FirstChild(); child != nil; {
			next := child.NextSibling()
			parent.InsertBefore(parent, n, child)
			child = next
		}
	}
	parent.RemoveChild(parent, n)
}

// plainText is the text of a node without its marks.
func plainText(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
