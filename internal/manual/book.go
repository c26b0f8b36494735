package manual

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"raff/docs"
)

// chapter is one page of the documentation, in Markdown.
type chapter struct {
	// name is the path below /docs/, such as "cli" or "terraform/resources/member".
	name, title string
	// text begins with the title as a heading. Its links are relative to file, and lead to Markdown files.
	text string
	// file is the path of the Markdown file in docs/, also for a chapter that is generated.
	file string
}

// part is a group of chapters in the contents.
type part struct {
	title    string
	chapters []*chapter
}

// book is the whole documentation, in the order in which it is read.
type book struct {
	parts  []part
	byName map[string]*chapter
	byFile map[string]*chapter
}

// guides are the files of the first parts, in order. A file of docs/ that is neither here nor in a directory of folders
// is not part of the documentation.
var guides = []struct {
	title string
	files []string
}{
	{"Guides", []string{"start.md", "dashboard.md", "cli.md", "decisions.md", "glossary.md"}},
}

// folders are the parts that have all files of some directories, after the files that are named first.
var folders = []struct {
	title string
	files []string
	dirs  []string
}{
	{"Terraform", []string{"terraform/index.md"}, []string{
		"terraform/guides", "terraform/resources", "terraform/data-sources", "terraform/ephemeral-resources", "terraform/list-resources",
		"terraform/functions", "terraform/actions",
	}},
	{"Running a server", []string{"operations.md"}, []string{"operations"}},
}

// last are files at the end of the last part.
var last = []string{"sizing.md", "benchmarks.md"}

// newBook reads the guides, and makes the reference of the API from its description.
func newBook(openapi []byte) (*book, error) {
	b := &book{byName: map[string]*chapter{}, byFile: map[string]*chapter{}}
	for _, g := range guides {
		if err := b.add(g.title, g.files...); err != nil {
			return nil, err
		}
	}
	reference, err := newReference(openapi)
	if err != nil {
		return nil, err
	}
	b.parts = append(b.parts, part{"API reference", reference.chapters()})
	for i, f := range folders {
		files := f.files
		for _, dir := range f.dirs {
			found, err := fs.Glob(docs.Files, dir+"/*.md")
			if err != nil {
				return nil, err
			}
			files = append(files, found...)
		}
		if i == len(folders)-1 {
			files = append(files, last...)
		}
		if err := b.add(f.title, files...); err != nil {
			return nil, err
		}
	}
	for _, p := range b.parts {
		for _, c := range p.chapters {
			b.byName[c.name], b.byFile[c.file] = c, c
		}
	}
	return b, nil
}

func (b *book) add(title string, files ...string) error {
	p := part{title: title}
	for _, file := range files {
		text, err := docs.Files.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read the documentation: %w", err)
		}
		p.chapters = append(p.chapters, newChapter(file, string(text)))
	}
	b.parts = append(b.parts, p)
	return nil
}

func newChapter(file, text string) *chapter {
	c := &chapter{name: strings.TrimSuffix(file, ".md"), file: file, text: anchored(withoutFrontMatter(text))}
	for line := range strings.Lines(c.text) {
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			c.title = strings.TrimSpace(strings.ReplaceAll(heading, "`", ""))
			break
		}
	}
	c.title = cmp.Or(c.title, path.Base(c.name))
	return c
}

// withoutFrontMatter removes the metadata at the beginning of the pages of the Terraform provider.
func withoutFrontMatter(text string) string {
	rest, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return text
	}
	_, body, _ := strings.Cut(rest, "\n---\n")
	return strings.TrimLeft(body, "\n")
}

var comment = regexp.MustCompile(`(?m)^<!--.*-->\n`)

var anchor = regexp.MustCompile(`(?m)^<a id="([A-Za-z0-9_.-]+)"></a>\n(#+ .*)$`)

// anchored moves an anchor above a heading into the heading, and removes comments, because HTML in Markdown is not shown.
func anchored(text string) string {
	return anchor.ReplaceAllString(comment.ReplaceAllString(text, ""), "$2 {#$1}")
}

// resolve returns the chapter that a link of c leads to, with the rest of the link: "#" and a fragment, or nothing. ok
// is false for a link to something that is not in the book.
func (b *book) resolve(c *chapter, link string) (to *chapter, fragment string, ok bool) {
	file, fragment, has := strings.Cut(link, "#")
	if has {
		fragment = "#" + fragment
	}
	if file == "" {
		return c, fragment, true
	}
	to, ok = b.byFile[path.Join(path.Dir(c.file), file)]
	return to, fragment, ok
}

// chapters are all chapters in order.
func (b *book) chapters() (all []*chapter) {
	for _, p := range b.parts {
		all = append(all, p.chapters...)
	}
	return all
}

// beside returns the chapters before and after c; nil at the ends.
func (b *book) beside(c *chapter) (before, after *chapter) {
	all := b.chapters()
	i := slices.Index(all, c)
	if i > 0 {
		before = all[i-1]
	}
	if i+1 < len(all) {
		after = all[i+1]
	}
	return before, after
}
