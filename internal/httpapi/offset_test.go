package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"raff/internal/httpapi"
	"raff/internal/rafftest"
)

// TestDeepOffsets: every list answers an offset of 10,000, and refuses a larger one with a message that says how to read further.
func TestDeepOffsets(t *testing.T) {
	srv := rafftest.Start(t, rafftest.Quiet())
	lists := 0
	for _, r := range httpapi.Routes() {
		parameters := strings.Fields(r.Query)
		if r.Method != http.MethodGet || !slices.Contains(parameters, "offset") {
			continue
		}
		lists++
		path := wildcard.ReplaceAllString(r.Pattern, srv.ProjectID) + "?"
		if slices.Contains(parameters, "kind") {
			path += "kind=member&"
		}
		page := srv.Do(t, "GET", path+"offset=10000", srv.Key, nil).Want(t, 200).JSON(t)
		if rows, ok := page["data"].([]any); !ok || len(rows) != 0 || page["total_is"] != "exact" {
			t.Errorf("%s: %v", path, page)
		}
		for _, offset := range []string{"10001", "99900", "2147483647"} {
			refused := srv.Do(t, "GET", path+"offset="+offset, srv.Key, nil).Want(t, 400).JSON(t)
			if message, _ := refused["message"].(string); refused["code"] != "offset_too_large" || refused["field"] != "offset" ||
				strings.Contains(message, "cursor") != slices.Contains(parameters, "cursor") {
				t.Errorf("%s with offset %s: %v", path, offset, refused)
			}
		}
	}
	if lists < 8 {
		t.Errorf("%d lists", lists)
	}
}
