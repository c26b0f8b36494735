package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
)

// TestAuditExport exports more events than fit on a page and compares them with the list.
func TestAuditExport(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		role := g.RoleID(t, "account", "member")
		for n := 0; n < 1200; n += 400 {
			rows := make([]any, 400)
			for i := range rows {
				rows[i] = map[string]any{"email": fmt.Sprintf("person%d@example.com", n+i), "role_id": role}
			}
			g.Do(t, "POST", "/api/v1/members/bulk", g.Key, map[string]any{"members": rows}).Want(t, 200)
		}
		export := func(key, query string) (ids []string, status int) {
			h := http.Header{"X-Api-Key": {key}, "Accept": {"application/x-ndjson"}}
			res := g.Send(t, "GET", "/api/v1/audit-events"+query, h, nil)
			if res.Status != 200 {
				return nil, res.Status
			}
			if ct := res.Header.Get("Content-Type"); ct != "application/x-ndjson" {
				t.Errorf("Content-Type is %q", ct)
			}
			for line := range bytes.Lines(res.Body) {
				var e struct{ ID, Action string }
				if err := json.Unmarshal(line, &e); err != nil || e.ID == "" {
					t.Fatalf("line %q: %v", line, err)
				}
				ids = append(ids, e.ID)
			}
			return ids, 200
		}
		ids, _ := export(g.Key, "")
		if want := count(t, g.Server, ""); len(ids) != want || want < 1200 {
			t.Errorf("%d events exported, want the %d of the log", len(ids), want)
		}
		first := g.Do(t, "GET", "/api/v1/audit-events?limit=1", g.Key, nil).Want(t, 200).JSON(t)["data"].([]any)[0].(map[string]any)["id"]
		if len(ids) > 0 && ids[0] != first {
			t.Errorf("the export begins with %s, the list with %v", ids[0], first)
		}
		if few, _ := export(g.Key, "?action=api_key.created"); len(few) != 1 {
			t.Errorf("%d events of one action exported, want 1", len(few))
		}
		if _, status := export(g.NewKey(t, "member", role), ""); status != 403 {
			t.Errorf("without the permission, the export responds with %d", status)
		}
	})
}
