package web

import (
	"slices"
	"strings"
	"testing"
)

func TestAddressesCopiedFromEmailPrograms(t *testing.T) {
	for text, want := range map[string][]string{
		`Alice A. <alice@example.com>; "Bee, Bob" <bob@example.com>; <carol@example.com>; dave@example.com`: {"alice@example.com", "bob@example.com", "carol@example.com", "dave@example.com"},
		`Alice A. <alice@example.com>, "Bee; Bob" <bob@example.com>, carol@example.com`:                     {"alice@example.com", "bob@example.com", "carol@example.com"},
		"Admin, Alice <alice@example.com>; Bee, Bob <bob@example.com>":                                      {"alice@example.com", "bob@example.com"},
		"Alice <alice@example.com>\r\nBob <bob@example.com>\n\n":                                            {"alice@example.com", "bob@example.com"},
		`"alice@example.com" <alice@example.com>; bob@example.com <bob@example.com>`:                        {"alice@example.com", "bob@example.com"},
		"'Alice' <alice@example.com>;":                                                                      {"alice@example.com"},
		"alice@example.com <mailto:alice@example.com>":                                                      {"alice@example.com"},
		"<alice@example.com>,<bob@example.com>":                                                             {"alice@example.com", "bob@example.com"},
		"Alice O\"Neill <alice@example.com>, bob@example.com":                                               {"alice@example.com", "bob@example.com"},
		"alice@example.com bob@example.com\tcarol@example.com":                                              {"alice@example.com", "bob@example.com", "carol@example.com"},
		"nobody at all; alice@example.com":                                                                  {"nobody at all", "alice@example.com"},
		"nobody, alice@example.com, no one":                                                                 {"nobody", "alice@example.com", "no one"},
		"Alice <alice>; Bob <bob@example.com":                                                               {"Alice <alice>", "Bob <bob@example.com"},
		"a@example.com, A@example.com, Alice <a@example.com>":                                               {"a@example.com"},
		`"open, alice@example.com` + "\n" + `bob@example.com`:                                               {`"open`, "alice@example.com", "bob@example.com"},
		`"x` + "\n" + `y" <alice@example.com>, "Bob" <b@example.com>`:                                       {`"x`, "alice@example.com", "b@example.com"},
		"Alice <alice@example.com> Bob <bob@example.com>carol@example.com":                                  {"alice@example.com", "bob@example.com", "carol@example.com"},
		"Alice <alice@example.com> (Sales), Bob <b> <bob@example.com> >":                                    {"alice@example.com", "bob@example.com"},
		" , ;\n ": nil,
	} {
		if got := addresses(text); !slices.Equal(got, want) {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
	}
}

func addresses(text string) (all []string) {
	for _, p := range people(text) {
		all = append(all, p.Email)
	}
	return all
}

func TestNamesCopiedFromEmailPrograms(t *testing.T) {
	for text, want := range map[string]string{
		"Alice Admin <alice@example.com>":                           "Alice Admin",
		`"Admin, Alice" <alice@example.com>; `:                      "Alice Admin",
		"Admin, Alice <alice@example.com>; bob@example.com":         "Alice Admin",
		"'Alice Admin' <alice@example.com>":                         "Alice Admin",
		`"Alice \"Al\" Admin" <alice@example.com>`:                  "Alice Al Admin",
		"  Alice \u202e\t Admin\u0000 <alice@example.com>":          "Alice Admin",
		`"alice@example.com" <alice@example.com>`:                   "",
		"alice@example.com <mailto:alice@example.com>":              "",
		"<alice@example.com>":                                       "",
		"alice@example.com":                                         "",
		"Acme, Inc., Sales <alice@example.com>":                     "",
		strings.Repeat("ä", 70) + " <alice@example.com>":            strings.Repeat("ä", 64),
		"Ada Lovelace <alice@example.com>, Bob <alice@example.com>": "Ada Lovelace",
	} {
		got := people(text)
		if len(got) == 0 || got[0].Email != "alice@example.com" || got[0].Name != want {
			t.Errorf("%q: got %q, want the name %q", text, got, want)
			continue
		}
		if again := people(got[0].line()); len(again) != 1 || again[0] != got[0] {
			t.Errorf("%q: shown again as %q, which reads as %q", text, got[0].line(), again)
		}
	}
}

func FuzzAddresses(f *testing.F) {
	f.Add(`Alice A. <alice@example.com>; "Bee, Bob" <bob@example.com>`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, a := range addresses(text) {
			if a == "" || strings.TrimSpace(a) != a || strings.ContainsAny(a, ";\r\n") && !strings.Contains(text, `"`) {
				t.Errorf("%q: got the address %q", text, a)
			}
		}
	})
}
