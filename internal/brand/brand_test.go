package brand

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every accepted accent color is readable in all its uses, in light and dark mode; a refusal names one that is accepted.
func TestAccentsAreReadable(t *testing.T) {
	accepted := 0
	for r := 0; r < 256; r += 17 {
		for g := 0; g < 256; g += 17 {
			for b := 0; b < 256; b += 17 {
				c := color{uint8(r), uint8(g), uint8(b)}
				a, err := NewAccents(c.String())
				if err != nil {
					better := err.Error()[strings.LastIndex(err.Error(), "#"):]
					if _, err := NewAccents(better); err != nil {
						t.Fatalf("%s: the suggestion %s: %v", c, better, err)
					}
					continue
				}
				accepted++
				check := func(what, text, ground string) {
					tc, _ := parseColor(text)
					gc, _ := parseColor(ground)
					if got := contrast(tc, gc); got < readable {
						t.Errorf("%s: %s: contrast of %s on %s is %.2f", c, what, text, ground, got)
					}
				}
				for _, s := range []Shades{a.Light, a.Dark} {
					check("text on a button", s.On, s.Accent)
					check("text on a button under the pointer", s.On, s.Hover)
					check("link on a soft background", s.Accent, s.Soft)
				}
				for _, g := range lightGrounds {
					check("link", a.Light.Accent, g.String())
				}
				for _, g := range darkGrounds {
					check("link in dark mode", a.Dark.Accent, g.String())
				}
			}
		}
	}
	if accepted < 500 {
		t.Errorf("only %d colors are accepted", accepted)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	svg := file("logo.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`)
	b, err := New(Settings{Name: "Mindful VMs", LogoFile: svg, Accent: "#7A1FBF", Support: "help@example.com", Footer: " Example Ltd. \n"})
	if err != nil || b.Name != "Mindful VMs" || b.LogoType != "image/svg+xml" || b.SupportURL != "mailto:help@example.com" || b.Footer != "Example Ltd." {
		t.Errorf("%+v, %v", b, err)
	}
	if b, err := New(Settings{Support: "help?bcc=mallory@example.com"}); err != nil || b.SupportURL != "mailto:help%3Fbcc=mallory@example.com" {
		t.Errorf("%+v, %v", b, err)
	}
	for why, s := range map[string]Settings{
		"the product name contains an invisible or control character (U+000A)":              {Name: "Two\nlines"},
		"the product name contains an invisible or control character (U+3164)":              {Name: "\u3164"},
		"the name of the sender of emails contains an invisible or control character (U+20": {Sender: "Lamps\u202e"},
		"the footer of emails contains an invisible or control character (U+202E)":          {Footer: "Example Ltd.\n\u202eStreet"},
		"the support contact contains an invisible or control character (U+202E)":           {Support: "https://example.com/%E2%80%AEhelp"},
		"the support contact has 219 characters; at most 200 are allowed":                   {Support: "https://example.com" + strings.Repeat("/", 200)},
		"41 characters; at most 40 are allowed":                                             {Name: strings.Repeat("x", 41)},
		"6 hexadecimal digits":                                                              {Accent: "blue"},
		"use a darker color":                                                                {Accent: "#ffcc00"},
		"email or an https URL":                                                             {Support: "javascript:alert(1)"},
		"longer than 500 characters":                                                        {Footer: strings.Repeat("x", 501)},
		"not an SVG, PNG":                                                                   {LogoFile: file("logo.txt", "hello")},
		"use a file of at most":                                                             {LogoFile: file("big.svg", "<svg"+strings.Repeat(" ", maxLogo))},
		"read the logo":                                                                     {LogoFile: filepath.Join(dir, "none.svg")},
	} {
		if _, err := New(s); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%+v: %v, want %q", s, err, why)
		}
	}
}
