package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const plannedMembers = 1000

const configuration = `terraform {
  required_providers {
    raff = { source = "raff/raff" }
  }
}

provider "raff" {}

data "raff_role" "admin" {
  slug  = "admin"
  scope = "account"
}

resource "raff_member" "all" {
  for_each = toset([for i in range(%d) : "planned${i}@example.com"])
  email    = each.key
  role_id  = data.raff_role.admin.id
}
`

// terraformPlan measures terraform plan over 1,000 members with the default rate limits, beside reading them one by one.
func terraformPlan(ctx context.Context, o settings) ([]figure, error) {
	if o.terraform == "" {
		fmt.Println("t    not measured: -terraform is not set")
		return nil, nil
	}
	dir := filepath.Join(o.dir, "t")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create a directory: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), fmt.Appendf(nil, configuration, plannedMembers), 0o600); err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	r, err := startRaffd(ctx, o, databaseIn(dir, ""), dir)
	if err != nil {
		return nil, err
	}
	run := func(args ...string) (time.Duration, error) {
		cmd := exec.CommandContext(ctx, o.terraform, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "RAFF_API_URL=http://"+r.addr, "RAFF_API_KEY="+r.key, "TF_IN_AUTOMATION=1", "TF_CLI_CONFIG_FILE="+filepath.Join(filepath.Dir(o.raffd), "terraform.rc"))
		began := time.Now()
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
		}
		return time.Since(began), err
	}
	if _, err := run("apply", "-auto-approve", "-no-color", "-parallelism=50"); err != nil {
		r.stop()
		return nil, err
	}
	r.stop()
	limited := &raffd{key: r.key}
	if err := limited.serveWith(ctx, o, r.database, dir, "--log-level", "debug"); err != nil {
		return nil, err
	}
	defer limited.stop()
	r.addr = limited.addr
	took, err := run("plan", "-detailed-exitcode", "-no-color")
	if err != nil {
		return nil, err
	}
	log, err := os.ReadFile(filepath.Join(dir, "raffd.log"))
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	calls := strings.Count(string(log), "route=/api/v1/")
	one, err := limited.oneByOne(ctx)
	if err != nil {
		return nil, err
	}
	ratio := one.Seconds() / took.Seconds()
	return []figure{{
		"t", fmt.Sprintf("terraform plan over %d members, default rate limits", plannedMembers),
		fmt.Sprintf("%d calls, %.1f s; one by one %.1f s, %.0f ×", calls, took.Seconds(), one.Seconds(), ratio), "≤ 10 calls, ≥ 20 × faster than one by one", calls <= 10 && ratio >= 20,
	}}, nil
}

// oneByOne returns how long it takes to read the members one after the other, waiting as 429 says.
func (r *raffd) oneByOne(ctx context.Context) (time.Duration, error) {
	c := &crowd{raffd: r}
	var page struct{ Data []struct{ ID string } }
	if err := r.getJSON(ctx, "/api/v1/members?limit=1000", &page); err != nil {
		return 0, err
	}
	for _, m := range page.Data {
		c.ids = append(c.ids, m.ID)
	}
	began := time.Now()
	for _, id := range c.ids {
		for {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.addr+"/api/v1/members/"+id, nil)
			if err != nil {
				return 0, err
			}
			req.Header.Set("X-API-Key", r.key)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				return 0, fmt.Errorf("read a member: %w", err)
			}
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				break
			}
			wait, err := strconv.Atoi(res.Header.Get("Retry-After"))
			if res.StatusCode != http.StatusTooManyRequests || err != nil {
				return 0, fmt.Errorf("read a member: status %d", res.StatusCode)
			}
			time.Sleep(time.Duration(wait) * time.Second)
		}
	}
	return time.Since(began), nil
}
