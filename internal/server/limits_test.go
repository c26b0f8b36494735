package server_test

import (
	"testing"

	"raff/internal/front"
	"raff/internal/server"
	"raff/internal/team"
)

func TestSetLimits(t *testing.T) {
	var c server.Config
	if err := c.SetLimits("high=500:1000"); err != nil || c.Limits["high"] != (front.Limit{PerSecond: 500, Burst: 1000}) || c.Limits["standard"] != front.DefaultLimits()["standard"] {
		t.Errorf("got %v, %v", c.Limits, err)
	}
	if err := c.SetLimits("off"); err != nil || c.Limits == nil || len(c.Limits) != 0 {
		t.Errorf("off: %v, %v", c.Limits, err)
	}
	for text, want := range map[string]front.Limit{
		"standard=1:2": front.DefaultLimits()[front.LimitAccount], "high=900:50": {PerSecond: 900, Burst: 1000},
		"account=5:6": {PerSecond: 5, Burst: 6}, "account=5:6,high=900:50": {PerSecond: 5, Burst: 6},
	} {
		if err := c.SetLimits(text); err != nil || c.Limits[front.LimitAccount] != want {
			t.Errorf("%s: an account may send %v, %v, want %v", text, c.Limits[front.LimitAccount], err, want)
		}
	}
	for _, bad := range []string{"on", "low=1:1", "high=1", "high=0:1", "high=1:0", "high=-1:5", "high=Inf:5", "high=NaN:5", "high=1:x", "high=1:1,"} {
		if err := c.SetLimits(bad); err == nil {
			t.Errorf("%q was accepted as %v", bad, c.Limits)
		}
	}
}

func TestSetQuotas(t *testing.T) {
	var c server.Config
	want := team.DefaultQuotas()
	want.Roles, want.Sessions = 7, 9
	if err := c.SetQuotas("roles=7,sessions=9"); err != nil || c.Quotas != want {
		t.Errorf("got %v, %v", c.Quotas, err)
	}
	for _, bad := range []string{"off", "roles", "roles=", "roles=0", "roles=-1", "roles=x", "members=5", "roles=7,", "roles=99999999999999999999"} {
		if err := c.SetQuotas(bad); err == nil {
			t.Errorf("%q was accepted as %v", bad, c.Quotas)
		}
	}
}
