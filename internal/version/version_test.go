package version

import (
	"runtime/debug"
	"testing"
)

func TestRecordedCommit(t *testing.T) {
	for _, c := range []struct {
		settings []debug.BuildSetting
		want     string
	}{
		{nil, ""},
		{[]debug.BuildSetting{{Key: "vcs.revision", Value: "2c11545"}, {Key: "vcs.modified", Value: "false"}}, "2c11545"},
		{[]debug.BuildSetting{{Key: "vcs.modified", Value: "true"}, {Key: "vcs.revision", Value: "2c11545"}}, "2c11545-dirty"},
		{[]debug.BuildSetting{{Key: "vcs.modified", Value: "true"}}, ""},
	} {
		if got := recorded(c.settings); got != c.want {
			t.Errorf("recorded(%v) = %q, want %q", c.settings, got, c.want)
		}
	}
}

func TestString(t *testing.T) {
	for want, i := range map[string]Info{
		"v1.2.3":                      {Version: "v1.2.3"},
		"v1.2.3 (2c1154549d32)":       {Version: "v1.2.3", Commit: "2c1154549d327e165fdf539154d484280309f97a"},
		"v1.2.3 (2c1154549d32-dirty)": {Version: "v1.2.3", Commit: "2c1154549d327e165fdf539154d484280309f97a-dirty"},
	} {
		if got := i.String(); got != want {
			t.Errorf("%+v is %q, want %q", i, got, want)
		}
	}
}
