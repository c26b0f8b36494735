package e2e

import (
	"fmt"
	"slices"
	"testing"
)

// TestListsAreExactAtEverySize grows the members to 51, 201 and 1,001 and walks them by offset and by cursor.
func TestListsAreExactAtEverySize(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		role := g.RoleID(t, "account", "member")
		have := 2 // the Owner and the Owner's key
		for _, size := range []int{51, 201, 1001} {
			for have < size {
				n := min(size-have, 400)
				rows := make([]any, n)
				for i := range rows {
					rows[i] = map[string]any{"email": fmt.Sprintf("person%d@example.com", have+i), "role_id": role}
				}
				g.Do(t, "POST", "/api/v1/members/bulk", g.Key, map[string]any{"members": rows}).Want(t, 200)
				have += n
			}
			for _, limit := range []int{1000, 50, 7} {
				if limit*100 < size {
					continue // small pages are tested with fewer members
				}
				byOffset, byCursor := g.walk(t, size, limit, false), g.walk(t, size, limit, true)
				if len(byOffset) != size || !slices.Equal(byOffset, byCursor) {
					t.Errorf("%d members by %d: %d by offset, %d by cursor, equal: %v", size, limit, len(byOffset), len(byCursor), slices.Equal(byOffset, byCursor))
				}
				unique := slices.Compact(slices.Sorted(slices.Values(byOffset)))
				if len(unique) != size {
					t.Errorf("%d members by %d: %d different", size, limit, len(unique))
				}
			}
		}
		// The total is that of the filter, and a removed row does not hide another one from the cursor.
		page := g.Do(t, "GET", "/api/v1/members?q=person99&limit=1", g.Key, nil).Want(t, 200).JSON(t)
		if page["total"] != 11.0 { // 99, 990 … 999
			t.Errorf("total with a filter is %v, want 11", page["total"])
		}
		first := g.Do(t, "GET", "/api/v1/members?limit=10", g.Key, nil).Want(t, 200).JSON(t)
		gone := first["data"].([]any)[5].(map[string]any)["id"].(string)
		g.Do(t, "DELETE", "/api/v1/members/"+gone, g.Key, nil).Want(t, 200)
		next := g.Do(t, "GET", "/api/v1/members?limit=10&cursor="+first["next_cursor"].(string), g.Key, nil).Want(t, 200).JSON(t)
		if email := next["data"].([]any)[0].(map[string]any)["email"]; email != "person10@example.com" {
			t.Errorf("the next page starts with %v", email)
		}
	})
}

// walk reads all members page by page and returns their ids.
func (g guard) walk(t *testing.T, size, limit int, cursor bool) (ids []string) {
	t.Helper()
	next := ""
	for {
		path := fmt.Sprintf("/api/v1/members?limit=%d", limit)
		switch {
		case cursor && next != "":
			path += "&cursor=" + next
		case !cursor:
			path += fmt.Sprintf("&offset=%d", len(ids))
		}
		page := g.Do(t, "GET", path, g.Key, nil).Want(t, 200).JSON(t)
		if page["total"] != float64(size) {
			t.Fatalf("%s: total is %v, want %d", path, page["total"], size)
		}
		rows := page["data"].([]any)
		for _, row := range rows {
			ids = append(ids, row.(map[string]any)["id"].(string))
		}
		next, _ = page["next_cursor"].(string)
		if len(rows) == 0 || cursor && next == "" || !cursor && len(ids) >= size {
			return ids
		}
	}
}
