// Package manual serves the documentation of a server: the guides of docs/ and a reference of the API, as pages without
// scripts at /docs, and as Markdown for programs at /llms.txt and /llms-full.txt.
package manual

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // the style sheet
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"raff/internal/front"
)

// Options configure the documentation.
type Options struct {
	// OpenAPI is the description of the API, in YAML.
	OpenAPI []byte
	// PublicURL is the URL of the server, for links that programs follow.
	PublicURL string
}

// Answers reports whether the documentation has a path.
func Answers(path string) bool {
	return path == "/docs" || strings.HasPrefix(path, "/docs/") || path == "/llms.txt" || path == "/llms-full.txt"
}

// server serves the documentation. It is made on the first request, because most servers are rarely asked.
type server struct {
	options Options
	load    func() (*library, error)
}

// library is the documentation as it is sent.
type library struct {
	book     *book
	files    map[string]*file // by path
	sections []section
}

// file is a response that never changes.
type file struct {
	contentType string
	plain, gzip []byte
	tag         string
}

// New returns the documentation.
func New(o Options) front.Face {
	s := &server{options: o}
	s.load = sync.OnceValues(s.read)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /docs/search", s.search)
	mux.HandleFunc("GET /", s.page)
	return front.Face{Name: "docs", Handler: secure(mux), Slow: func(r *http.Request) bool { return front.Searches(r.URL, "q") }}
}

// secure sets the headers of every response. The pages run no scripts and load nothing from other sites.
func secure(next http.Handler) http.Handler {
	policy := "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

// read makes all pages.
func (s *server) read() (*library, error) {
	b, err := newBook(s.options.OpenAPI)
	if err != nil {
		return nil, err
	}
	l := &library{book: b, files: map[string]*file{}}
	l.files["/docs/style.css"] = packed("text/css; charset=utf-8", style)
	for _, c := range b.chapters() {
		r, err := b.render(c)
		if err != nil {
			return nil, fmt.Errorf("render %s: %w", c.file, err)
		}
		l.sections = append(l.sections, sections(c, r.Headings)...)
		html, err := l.html(view{Title: c.title, Name: c.name, Body: r.HTML, Headings: r.Headings, chapter: c})
		if err != nil {
			return nil, err
		}
		l.files["/docs/"+c.name] = packed("text/html; charset=utf-8", html)
		l.files["/docs/"+c.name+".md"] = packed("text/markdown; charset=utf-8", []byte(c.text))
	}
	l.files["/docs"] = l.files["/docs/"+b.chapters()[0].name]
	l.files["/llms.txt"] = packed("text/plain; charset=utf-8", s.llms(b))
	l.files["/llms-full.txt"] = packed("text/plain; charset=utf-8", full(b))
	return l, nil
}

// page sends a page, or any other file of the documentation.
func (s *server) page(w http.ResponseWriter, r *http.Request) {
	l, err := s.load()
	if err != nil {
		panic(err) // the files are part of the program
	}
	path := r.URL.Path
	if path != "/docs" && strings.HasSuffix(path, "/") {
		http.Redirect(w, r, "/"+strings.Trim(path, "/"), http.StatusMovedPermanently) //nolint:gosec // below /docs
		return
	}
	f, ok := l.files[path]
	if !ok {
		s.answer(w, r, l, http.StatusNotFound, view{Title: "Page not found", Missing: true})
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("ETag", f.tag)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), f.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if slices.ContainsFunc(strings.Split(r.Header.Get("Accept-Encoding"), ","), func(s string) bool { return strings.TrimSpace(s) == "gzip" }) {
		h.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	_, _ = w.Write(body) // the client is gone
}

// search sends the sections that contain the words of a search.
func (s *server) search(w http.ResponseWriter, r *http.Request) {
	l, err := s.load()
	if err != nil {
		panic(err) // the files are part of the program
	}
	q := r.URL.Query().Get("q")
	if len(q) > 200 {
		q = strings.ToValidUTF8(q[:200], "")
	}
	hits := search(l.sections, strings.Fields(q))
	s.answer(w, r, l, http.StatusOK, view{Title: "Search", Query: q, Searched: true, Hits: hits, Capped: len(hits) == mostHits})
}

// answer sends a page that is made for the request.
func (s *server) answer(w http.ResponseWriter, _ *http.Request, l *library, status int, v view) {
	html, err := l.html(v)
	if err != nil {
		panic(err) // the template is part of the program
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Robots-Tag", "noindex")
	w.WriteHeader(status)
	_, _ = w.Write(html) // the client is gone
}

// view is what the template shows.
type view struct {
	Title, Name string
	Body        template.HTML
	Headings    []heading
	Missing     bool
	Searched    bool
	Query       string
	Hits        []hit
	Capped      bool // there are more

	Parts         []contents
	Before, After *entry
	chapter       *chapter
}

// contents is a part in the table of contents.
type contents struct {
	Title   string
	Open    bool // it has the current page
	Entries []entry
}

type entry struct {
	URL, Title string
	Current    bool
}

func entryOf(c *chapter) *entry {
	if c == nil {
		return nil
	}
	return &entry{URL: "/docs/" + c.name, Title: c.title}
}

func (l *library) html(v view) ([]byte, error) {
	for _, p := range l.book.parts {
		one := contents{Title: p.title}
		for _, c := range p.chapters {
			e := *entryOf(c)
			e.Current = c == v.chapter
			one.Open = one.Open || e.Current
			one.Entries = append(one.Entries, e)
		}
		v.Parts = append(v.Parts, one)
	}
	if v.chapter == nil {
		v.Parts[0].Open = true
	} else {
		before, after := l.book.beside(v.chapter)
		v.Before, v.After = entryOf(before), entryOf(after)
	}
	var b bytes.Buffer
	err := layout.Execute(&b, v)
	return b.Bytes(), err
}

func packed(contentType string, body []byte) *file {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(body)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		panic(err) // writing to a buffer cannot fail
	}
	sum := sha256.Sum256(body)
	return &file{contentType: contentType, plain: body, gzip: b.Bytes(), tag: `"` + hex.EncodeToString(sum[:8]) + `"`}
}

//go:embed style.css
var style []byte

//go:embed page.html
var pageText string

var layout = template.Must(template.New("page").Parse(pageText))
