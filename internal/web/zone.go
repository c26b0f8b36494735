package web

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // so that time zones do not depend on the machine
)

// zoneName is the cookie with the reader's time zone, such as "Europe/Berlin". The script of the pages sets it. Without it,
// times are in UTC.
const zoneName = "raff_zone"

type zoneKey struct{}

// zones are the time zones that readers had, by name.
var zones sync.Map

// withZone puts the reader's time zone into the context.
func withZone(ctx context.Context, r *http.Request) context.Context {
	c, err := r.Cookie(zoneName)
	if err != nil {
		return ctx
	}
	name := strings.ReplaceAll(c.Value, "%2F", "/")
	if len(name) > 64 || name == "" || name == "Local" {
		return ctx
	}
	zone, known := zones.Load(name)
	if !known {
		loaded, err := time.LoadLocation(name)
		if err != nil {
			return ctx
		}
		zone, _ = zones.LoadOrStore(name, loaded)
	}
	return context.WithValue(ctx, zoneKey{}, zone)
}

// zoneOf is the reader's time zone.
func zoneOf(ctx context.Context) *time.Location {
	if zone, ok := ctx.Value(zoneKey{}).(*time.Location); ok {
		return zone
	}
	return time.UTC
}

// spoken is a time in the reader's zone, such as "Monday, 2 January 2006, 15:04 CET".
func spoken(ctx context.Context, t time.Time) string {
	return languageOf(ctx).Moment(t.In(zoneOf(ctx)))
}

// date is a day in the reader's zone, such as "2 Jan 2006".
func date(ctx context.Context, t time.Time) string { return languageOf(ctx).Day(t.In(zoneOf(ctx))) }

// clock is a time of day in the reader's zone.
func clock(ctx context.Context, t time.Time) string { return t.In(zoneOf(ctx)).Format("15:04") }

// zoneWords names the reader's zone in a sentence.
func zoneWords(ctx context.Context) string {
	if zone := zoneOf(ctx); zone != time.UTC {
		return say(ctx, "the time zone {zone}", zone.String())
	}
	return "UTC"
}
