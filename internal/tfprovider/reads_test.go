package tfprovider

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	tfaddr "github.com/hashicorp/terraform-registry-address"

	"raff/api"
	"raff/api/client"
	"raff/internal/rafftest"
	"raff/internal/team"
)

// The number of calls, compared with the best possible number if the number of reads were known in advance. Of total
// objects, wanted are read, spread evenly.
func TestReadsCost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ total, wanted, atMost int }{
		{5, 3, 3},
		{1_000, 1_000, 4},
		{1_002, 1_000, 6},
		{100_000, 3, 3},
		{100_000, 4, 5},
		{100_000, 50, 51},
		{100_000, 1_000, 201},
		{100_000, 100_000, 201},
	} {
		calls, lists := 0, 0
		r := reads[int]{
			few: fewReads, id: strconv.Itoa,
			get: func(_ context.Context, _, id string) (*int, error) {
				calls++
				n, err := strconv.Atoi(id)
				return &n, err
			},
			list: func(_ context.Context, _ string, o client.ListOptions) (*api.Page[int], error) {
				calls++
				lists++
				p := &api.Page[int]{Total: c.total}
				for i := o.Offset; i < min(o.Offset+o.Limit, c.total); i++ {
					p.Data = append(p.Data, i)
				}
				return p, nil
			},
		}
		for i := range c.wanted {
			want := i * c.total / c.wanted
			if got, err := r.read(t.Context(), "", strconv.Itoa(want)); err != nil || *got != want {
				t.Fatalf("%d of %d: read %v, %v; want %d", c.wanted, c.total, got, err, want)
			}
		}
		known := min(c.wanted, (c.total+pageSize-1)/pageSize)
		t.Logf("%7d of %7d: %4d calls, %3d of them pages; %4d had it been known", c.wanted, c.total, calls, lists, known)
		if calls > c.atMost || calls > 2*known+fewReads {
			t.Errorf("%d of %d cost %d calls, want at most %d", c.wanted, c.total, calls, min(c.atMost, 2*known+fewReads))
		}
	}
}

// oneByOne is the provider without lists. This test binary serves it; see TestMain.
const oneByOne = "RAFF_TEST_ONE_BY_ONE"

func serveOneByOne() {
	p := func() provider.Provider { return &raffProvider{version: "test", few: math.MaxInt, clock: time.Now} }
	address := cmp.Or(os.Getenv("TF_ACC_PROVIDER_HOST"), tfaddr.DefaultProviderRegistryHost.String()) + "/raff/raff"
	if err := providerserver.Serve(context.Background(), p, providerserver.ServeOpts{Address: address, ProtocolVersion: 6}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Many members of an account of a thousand are imported and planned in a few calls, compared with a provider that reads them one by
// one. RAFF_GROWN=1 makes them a thousand, which costs Terraform itself minutes.
func TestThousandMembers(t *testing.T) {
	t.Parallel()
	n := 200
	if os.Getenv("RAFF_GROWN") != "" {
		n = 1000
	}
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	ids := inviteMany(t, srv, 1000)
	var members strings.Builder
	for i := 0; i < len(ids); i += len(ids) / n {
		id := ids[i]
		if i/(len(ids)/n)%2 == 1 { // members are imported by id or by email
			id = address(i)
		}
		fmt.Fprintf(&members, "    %q = %q\n", address(i), id)
	}
	terraform := program(t, fmt.Sprintf(`
provider "raff" {}

locals {
  members = {
%s  }
}

import {
  for_each = local.members
  to       = raff_member.all[each.key]
  id       = each.value
}

resource "raff_member" "all" {
  for_each = local.members
  email    = each.key
  role_id  = %q
}
`, members.String(), srv.RoleID(t, "account", "member")), "RAFF_API_URL="+wire.URL, "RAFF_API_KEY="+srv.Key)

	wire.readsSince()
	measure := func(what string, arguments ...string) (calls int, took time.Duration) {
		start := time.Now()
		out := terraform.run(arguments...)
		took = time.Since(start)
		calls, _ = wire.readsSince()
		t.Logf("%s of %d members: %d calls, %.1f s with all that Terraform itself does", what, n, calls, took.Seconds())
		if w := wire.since(); len(w) != 0 {
			t.Errorf("%s wrote %q", what, w)
		}
		if strings.HasPrefix(what, "plan") && !strings.Contains(out, "No changes") {
			t.Errorf("the %s is not empty:\n%s", what, out)
		}
		return calls, took
	}
	if calls, _ := measure("import", "apply", "-auto-approve"); calls > 16 { // a few, and a list for ids and for emails
		t.Errorf("the import took %d calls, want at most 16", calls)
	}
	calls, took := measure("plan", "plan")
	if calls > 10 {
		t.Errorf("the plan took %d calls, want at most 10", calls)
	}
	terraform.serve(t, oneByOne)
	singles, slow := measure("plan one by one", "plan")
	if singles < n {
		t.Errorf("one by one took only %d calls, so the comparison is useless", singles)
	}
	t.Logf("%d calls instead of %d, %.1f times as fast", calls, singles, slow.Seconds()/took.Seconds())

	// Most of the time of a plan is spent in Terraform. This is the part of the provider: the same reads, ten at a time.
	front := *srv
	front.URL = wire.URL
	p := speak(t, &front)
	start, next := time.Now(), make(chan string)
	var workers sync.WaitGroup
	for range 10 {
		workers.Go(func() {
			for id := range next {
				res, err := p.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
					TypeName: "raff_member", CurrentState: p.config(p.schemas.ResourceSchemas["raff_member"], map[string]string{"id": id}),
				})
				if err != nil || len(res.Diagnostics) > 0 {
					t.Errorf("read %s: %v, %v", id, err, res)
				}
			}
		})
	}
	for _, id := range ids {
		next <- id
	}
	close(next)
	workers.Wait()
	calls, _ = wire.readsSince()
	t.Logf("the reads alone: %d calls, %.2f s, %.0f times as fast as one by one", calls, time.Since(start).Seconds(), slow.Seconds()/time.Since(start).Seconds())
}

// A few members of a large account are read without reading the others.
func TestFewOfMany(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	ids := inviteMany(t, srv, 3*pageSize)
	var hcl string
	for i := len(ids) - fewReads; i < len(ids); i++ {
		hcl += fmt.Sprintf("import {\n  to = raff_member.m%d\n  id = %q\n}\n", i, ids[i]) +
			member(fmt.Sprint("m", i), srv.RoleID(t, "account", "member"), fmt.Sprintf("email = %q", address(i)))
	}
	terraform := program(t, "provider \"raff\" {}\n"+hcl, "RAFF_API_URL="+wire.URL, "RAFF_API_KEY="+srv.Key)
	terraform.run("apply", "-auto-approve")
	wire.readsSince()
	terraform.run("plan")
	if calls, pages := wire.readsSince(); calls != fewReads+1 || pages != 0 {
		t.Errorf("%d calls, %d of them pages, for %d members; want one for each and one for the account", calls, pages, fewReads)
	}
}

func address(i int) string { return fmt.Sprintf("person%04d@example.com", i) }

// inviteMany invites n people with bulk requests and returns the ids of the members.
func inviteMany(t *testing.T, srv *rafftest.Server, n int) (ids []string) {
	t.Helper()
	svc, role := srv.Node.Service(), srv.RoleID(t, "account", "member")
	p, err := svc.Authenticate(t.Context(), srv.Key)
	if err != nil {
		t.Fatal(err)
	}
	var rows []team.NewMember
	for i := range n {
		rows = append(rows, team.NewMember{Email: new(address(i)), RoleID: role})
		if len(rows) < team.MaxBulk && i < n-1 {
			continue
		}
		added, err := svc.AddMembers(t.Context(), p, rows)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range added {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			ids = append(ids, r.Member.ID)
		}
		rows = nil
	}
	return ids
}

// The members of a project that the same run creates are planned again during apply, between writes that discard the lists. The
// project does not have to be read for each of them.
func TestMembersOfANewProject(t *testing.T) {
	t.Parallel()
	const members = 40
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	var projects atomic.Int32
	wire.answer(func(_ http.ResponseWriter, r *http.Request) bool {
		if before, id, ok := strings.Cut(r.URL.Path, "/projects/"); ok && r.Method == http.MethodGet && before == "/api/v1" && !strings.Contains(id, "/") {
			projects.Add(1)
		}
		return false
	})
	hcl := fmt.Sprintf(`
resource "raff_project" "web" {
  name = "Web"
}
resource "raff_project_member" "m" {
  count      = %d
  project_id = raff_project.web.id
  email      = "p${count.index}@example.com"
  role_id    = %q
}
`, members, srv.RoleID(t, "project", "viewer"))
	w := program(t, hcl, "RAFF_API_URL="+wire.URL, "RAFF_API_KEY="+srv.Key)
	w.run("apply", "-auto-approve")
	const concurrent = 10
	if n := projects.Load(); n > concurrent {
		t.Errorf("the project was read %d times for %d members, want at most once for each concurrent one, %d", n, members, concurrent)
	}
}
