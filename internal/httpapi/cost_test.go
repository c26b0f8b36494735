package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"raff/internal/httpapi"
	"raff/internal/rafftest"
)

// The cost of decoding is proportional to the size of the body, for every operation and many kinds of bodies.
func TestBodiesCostInProportion(t *testing.T) {
	srv := rafftest.Start(t, rafftest.Quiet())
	shapes := map[string]func(n int) string{
		"a long name":      func(n int) string { return `{"name":"` + strings.Repeat("a", n) + `"}` },
		"a long address":   func(n int) string { return `{"email":"` + strings.Repeat("a", n) + `@example.com","role_id":"x"}` },
		"an unknown field": func(n int) string { return `{"` + strings.Repeat("z", n) + `":1}` },
		"many fields": func(n int) string {
			return "{" + many(n/12, func(i int) string { return fmt.Sprintf(`"f%06d":1`, i) }) + "}"
		},
		"a long permission": func(n int) string {
			return `{"name":"x","slug":"x","scope":"account","permissions":["` + strings.Repeat("account.", n/8) + `"]}`
		},
		"many permissions": func(n int) string {
			return `{"name":"x","slug":"x","scope":"account","permissions":[` + many(n/10, func(int) string { return `"unknown"` }) + `]}`
		},
		"spaces":          func(n int) string { return `{"name":` + strings.Repeat(" ", n) + `"x","name":1}` },
		"a long number":   func(n int) string { return `{"name":` + strings.Repeat("9", n) + `}` },
		"escapes":         func(n int) string { return `{"name":"` + strings.Repeat(`\u00e9`, n/6) + `"}` },
		"a deep list":     func(n int) string { return `{"name":` + strings.Repeat("[", n/2) + strings.Repeat("]", n/2) + `}` },
		"combining marks": func(n int) string { return `{"name":"a` + strings.Repeat("\u0301", n/2) + `"}` },
	}
	for _, r := range httpapi.Routes() {
		if r.Method == http.MethodGet || r.Method == http.MethodDelete {
			continue
		}
		path := wildcard.ReplaceAllString(r.Pattern, srv.ProjectID)
		for name, shape := range shapes {
			rafftest.InProportion(t, fmt.Sprintf("%s %s with %s", r.Method, r.Pattern, name), 7_000, func(size int) func() {
				body := shape(size)
				return func() {
					if a := srv.Do(t, r.Method, path, srv.Key, body); a.Status >= 500 {
						t.Errorf("%s %s with %s: %d", r.Method, path, name, a.Status)
					}
				}
			})
		}
	}
}

func many(n int, one func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = one(i)
	}
	return strings.Join(all, ",")
}
