package web

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// TestRefusalsNameNoAPITerms reads the refusals of the domain: what a page says must not name a field, header or path of
// the API.
func TestRefusalsNameNoAPITerms(t *testing.T) {
	declared := regexp.MustCompile(`Refusal(\w+) += &(?:team\.)?Refusal\{.*("(?:[^"\\]|\\.)*")\}`)
	term := regexp.MustCompile(`[a-z]_[a-z]|\b(GET|POST|PATCH|DELETE) |X-|/api/|\?[a-z]+=|Idempotency-Key`)
	onlyAPI := []string{"IdempotencyKeyReused"} // pages send no such key
	n := 0
	for _, file := range []string{"../team/refusals.go", "../signin/refusals.go", "../audit/refusals.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllStringSubmatch(string(source), -1) {
			n++
			text, err := strconv.Unquote(m[2])
			if err != nil {
				t.Fatal(m[0], err)
			}
			if found := term.FindString(text); found != "" && !slices.Contains(onlyAPI, m[1]) {
				t.Errorf("Refusal%s says %q, which pages do not have: %s", m[1], found, text)
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d refusals found", n)
	}
}
