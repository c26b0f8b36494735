package web

import (
	"slices"
	"strings"
	"testing"
)

func TestAddressesInAText(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                  nil,
		" \n,;":                             nil,
		"alice@example.com bob@example.com": {"alice@example.com", "bob@example.com"},
		"alice@example.com, Alice@EXAMPLE.com;bob@example.com\nbob@example.com": {"alice@example.com", "bob@example.com"},
		"Alice Smith  alice@example.com":                                        {"Alice Smith alice@example.com"},
		"alice@example.com Bob bob@example.com":                                 {"alice@example.com Bob bob@example.com"},
		"\u0130ke@example.com ike@example.com":                                  {"\u0130ke@example.com", "ike@example.com"},
	} {
		if got := addresses(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// The allocated memory is proportional to the length of the text, even for a text of words that are not emails.
func TestAddressesAllocateInProportion(t *testing.T) {
	cost := func(n int) int64 {
		text := strings.Repeat("a ", n)
		return testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				addresses(text)
			}
		}).AllocedBytesPerOp()
	}
	if small, big := cost(1000), cost(8000); big > 20*small {
		t.Errorf("8 times the words: %d bytes allocated, instead of %d for the shorter text", big, small)
	}
}
