package authzen_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// BenchmarkEvaluation is one decision, over HTTP, about one subject or about as many as the memory
// does not hold.
func BenchmarkEvaluation(b *testing.B) {
	for _, subjects := range []int{1, 3000} {
		b.Run(fmt.Sprint(subjects, " subjects"), func(b *testing.B) {
			srv := rafftest.Start(b, rafftest.Quiet())
			role := srv.Do(b, "POST", "/api/v1/roles", srv.Key, map[string]any{"scope": "account", "slug": "asks", "name": "asks", "permissions": []string{"account.decisions.evaluate"}}).Want(b, 201).Data(b)["id"].(string)
			asks := srv.NewKey(b, "service", role)
			viewer := srv.RoleID(b, "project", "viewer")
			var bodies []string
			for i := range subjects {
				id, _ := srv.NewKeyID(b, fmt.Sprint("key ", i), "")
				srv.Do(b, "POST", "/api/v1/projects/"+srv.ProjectID+"/members", srv.Key, map[string]any{"api_key_id": id, "role_id": viewer}).Want(b, 201)
				bodies = append(bodies, fmt.Sprintf(`{"subject":{"type":"api_key","id":%q},"action":{"name":"vm.view"},"resource":{"type":"project","id":%q}}`, id, srv.ProjectID))
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, srv.URL+"/access/v1/evaluation", strings.NewReader(bodies[n%len(bodies)]))
				if err != nil {
					b.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("X-Api-Key", asks)
				res, err := http.DefaultClient.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				body, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if err != nil || !strings.HasPrefix(string(body), `{"decision":true`) {
					b.Fatal(err, string(body))
				}
			}
		})
	}
}
