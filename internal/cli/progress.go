package cli

import (
	"fmt"
	"io"
	"strings"
)

// progress is a progress line on a terminal. If the output is not a terminal, it writes nothing.
type progress struct {
	w     io.Writer
	all   int
	shown int // length of the line, in characters
}

func (a *app) progress(all int) *progress {
	p := &progress{all: all}
	if _, ok := terminal(a.err); ok && all > 0 {
		p.w = a.err
	}
	p.show(0)
	return p
}

func (p *progress) show(done int) {
	if p.w == nil {
		return
	}
	line := fmt.Sprintf("%d of %d", done, p.all)
	p.clear()
	fmt.Fprint(p.w, line)
	p.shown = len(line)
}

func (p *progress) clear() { fmt.Fprint(p.w, "\r"+strings.Repeat(" ", p.shown)+"\r") }

func (p *progress) end() {
	if p.w != nil {
		p.clear()
	}
}
