package manual

import (
	"slices"
	"strings"
)

// hit is a section of a chapter that has all words of a search.
type hit struct {
	URL, Chapter, Title, Excerpt string
	score                        int
}

// mostHits is how many sections a search shows.
const mostHits = 50

// section is the text below one heading.
type section struct {
	chapter *chapter
	heading heading
	text    string // as in the Markdown
}

// sections divides a chapter at its headings.
func sections(c *chapter, headings []heading) (all []section) {
	var b strings.Builder
	flush := func() {
		if len(all) > 0 {
			all[len(all)-1].text = b.String()
		}
		b.Reset()
	}
	fenced := false
	for line := range strings.Lines(c.text) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if !fenced && strings.HasPrefix(line, "#") && len(headings) > 0 {
			flush()
			all = append(all, section{chapter: c, heading: headings[0]})
			headings = headings[1:]
			continue
		}
		b.WriteString(line)
	}
	flush()
	return all
}

// search returns the sections that contain all words, best first.
func search(all []section, words []string) (hits []hit) {
	if len(words) == 0 {
		return nil
	}
	for i, w := range words {
		words[i] = strings.ToLower(w)
	}
	for _, s := range all {
		title, body := strings.ToLower(s.heading.Text), strings.ToLower(s.text)
		h := hit{URL: "/docs/" + s.chapter.name, Chapter: s.chapter.title, Title: s.heading.Text}
		if s.heading.Level > 1 {
			h.URL += "#" + s.heading.ID
		}
		for _, w := range words {
			inTitle, inBody := strings.Contains(title, w), strings.Contains(body, w)
			if !inTitle && !inBody {
				h.score = -1
				break
			}
			if inTitle {
				h.score += 10
			}
			h.score += min(3, strings.Count(body, w))
		}
		if h.score > 0 {
			h.Excerpt = excerpt(s.text, words[0])
			hits = append(hits, h)
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return b.score - a.score })
	return hits[:min(len(hits), mostHits)]
}

// excerpt is the first line of prose that has the word, or the first one at all.
func excerpt(text, word string) string {
	first := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "|--") || strings.HasPrefix(line, "```") {
			continue
		}
		if first == "" {
			first = line
		}
		if strings.Contains(strings.ToLower(line), word) {
			first = line
			break
		}
	}
	const most = 200
	first = strings.ReplaceAll(strings.Trim(first, "| "), "`", "")
	if runes := []rune(first); len(runes) > most {
		first = string(runes[:most])
	}
	if !strings.HasSuffix(first, ".") && !strings.HasSuffix(first, ":") {
		first += "…"
	}
	return first
}
