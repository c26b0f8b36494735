package operator

import (
	"fmt"
	"sync"
	"testing"

	"raff/internal/team"
)

// Counting a request allocates nothing, and concurrent requests lose nothing.
func TestActivityIsCounted(t *testing.T) {
	var a activity
	who := &team.Principal{Type: team.TypeAPIKey, ID: "k", AccountID: "00000000-0000-7000-8000-0000000000ff"}
	a.add(1, who, 0)
	if n := testing.AllocsPerRun(1000, func() { a.add(1, who, 2) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if all := a.take(); len(all) != 1 || all[0].Requests != 1002 || all[0].Decisions != 2002 || len(all[0].APIKeys) != 1 {
		t.Errorf("counted: %+v", all)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 1000 {
				a.add(1, &team.Principal{Type: team.TypeUser, ID: fmt.Sprint(j % 10), AccountID: fmt.Sprint("account ", i%4)}, 1)
				if j%100 == 0 {
					a.giveBack(a.take()) // the database was away
				}
			}
		})
	}
	wg.Wait()
	requests, members := 0, 0
	for _, d := range a.take() {
		requests += d.Requests
		members += len(d.Members)
	}
	if requests != 8000 || members != 40 {
		t.Errorf("%d requests by %d members", requests, members)
	}
}

// BenchmarkUsed is the cost of counting one request.
func BenchmarkUsed(b *testing.B) {
	var a activity
	who := &team.Principal{Type: team.TypeAPIKey, ID: "k", AccountID: "00000000-0000-7000-8000-0000000000ff"}
	b.ReportAllocs()
	for b.Loop() {
		a.add(1, who, 1)
	}
}
