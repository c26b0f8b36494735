package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"raff/internal/front"
	"raff/internal/rafftest"
)

// sequences exports the log and returns the sequences, newest first, and by event.
func sequences(t *testing.T, srv *rafftest.Server) (list []int, of map[string]int) {
	t.Helper()
	h := http.Header{"X-API-Key": {srv.Key}, "Accept": {"application/x-ndjson"}}
	body := string(srv.Send(t, http.MethodGet, "/api/v1/audit-events", h, nil).Want(t, http.StatusOK).Body)
	of = map[string]int{}
	for line := range strings.Lines(body) {
		var e struct {
			ID       string `json:"id"`
			Sequence int    `json:"sequence"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		list = append(list, e.Sequence)
		of[e.ID] = e.Sequence
	}
	return list, of
}

// TestSequencesHaveNoGaps changes an account through two nodes, whose clocks differ, while both seal its log.
func TestSequencesHaveNoGaps(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		first := rafftest.Start(t, rafftest.OnDatabase(g.Database), rafftest.WithLimits(map[string]front.Limit{}))
		other := rafftest.Start(t, rafftest.OnDatabase(g.Database), rafftest.WithLimits(map[string]front.Limit{}))
		other.Advance(-3 * time.Second) // its events are earlier than those of the first node
		sealBoth := func() {
			for _, srv := range []*rafftest.Server{first, other} {
				if _, err := srv.Node.Audit().Seal(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}
		var writers sync.WaitGroup
		for i := range 6 {
			writers.Go(func() {
				for n := range 30 {
					srv := []*rafftest.Server{first, other}[n%2]
					srv.Do(t, http.MethodPost, "/api/v1/projects", g.Key, map[string]any{"name": fmt.Sprintf("p%d-%d", i, n)}).Want(t, http.StatusCreated)
				}
			})
		}
		done := make(chan struct{})
		go func() {
			writers.Wait()
			close(done)
		}()
		var early []map[string]int
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
			}
			first.Advance(time.Millisecond)
			other.Advance(time.Millisecond)
			sealBoth()
			_, of := sequences(t, g.Server)
			early = append(early, of)
		}
		seal(t, first)
		list, of := sequences(t, g.Server)
		for i, n := range list {
			if n != len(list)-i {
				t.Fatalf("the sequences, newest first, are %v", list)
			}
		}
		for _, seen := range early {
			for id, n := range seen {
				if n != 0 && of[id] != n {
					t.Errorf("the sequence of event %s was %d and is %d", id, n, of[id])
				}
			}
		}
		if v := verified(t, g.Server, g.Account); v.Broken != "" {
			t.Error(v.Broken)
		}
	})
}
