package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestTimesAreInTheReadersZone shows a page to a reader whose browser told the time zone: times are in it, with the exact time in
// UTC at hand. Names that are no zones change nothing.
func TestTimesAreInTheReadersZone(t *testing.T) {
	o := newOffice(t)
	see := func(zone, path string) page {
		t.Helper()
		h := http.Header{}
		if zone != "" {
			h.Set("Cookie", "raff_zone="+zone)
		}
		return o.owner.fetch(t, "GET", o.URL+path, nil, h).shows(t, 200)
	}
	stamp := regexp.MustCompile(`<time datetime="([^"]+)" title="([^"]+)">(\d\d:\d\d)</time>`)
	for _, c := range []struct {
		zone  string
		place *time.Location
		said  string
	}{
		{"", time.UTC, "Times are in UTC."}, {"Asia/Kathmandu", zone(t, "Asia/Kathmandu"), "Times are in the time zone Asia/Kathmandu."},
		{"Asia%2FKathmandu", zone(t, "Asia/Kathmandu"), "Asia/Kathmandu"},
		{"America/Los_Angeles", zone(t, "America/Los_Angeles"), "America/Los_Angeles"}, {"Nowhere/Atlantis", time.UTC, "UTC."},
		{"../../etc/passwd", time.UTC, "UTC."}, {"Local", time.UTC, "UTC."}, {strings.Repeat("x", 1000), time.UTC, "UTC."},
	} {
		p := see(c.zone, "/audit").shows(t, 200, c.said)
		m := stamp.FindStringSubmatch(p.source)
		if m == nil {
			t.Fatalf("no time on the page: %s", p.source)
		}
		at, err := time.Parse(time.RFC3339, m[1])
		if err != nil || at.In(c.place).Format("15:04") != m[3] || at.UTC().Format("Monday, 2 January 2006, 15:04 UTC") != m[2] {
			t.Errorf("zone %q: %v, %v", c.zone, m, err)
		}
	}

	// A day of the filter is the reader's day.
	at := time.Now().In(zone(t, "Pacific/Kiritimati"))
	today, yesterday := at.Format(time.DateOnly), at.AddDate(0, 0, -1).Format(time.DateOnly)
	see("Pacific/Kiritimati", "/audit?since="+today+"&until="+today).shows(t, 200, "Today").lacks(t, "No events")
	see("Pacific/Kiritimati", "/audit?until="+yesterday).shows(t, 200, "No events")
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
