package team

import (
	"context"
	"net/netip"
	"strings"

	"raff/internal/naming"
)

// Origin is where a change comes from. Audit events record it.
type Origin struct {
	// RequestID is the id of the HTTP request.
	RequestID string
	// Address is the network address of the client, and UserAgent what it calls itself; empty if unknown.
	Address, UserAgent string
}

// OriginKey is the key of the context value that holds the *Origin of a request.
type OriginKey struct{}

// OriginOf returns the origin of the request with this context, or an empty one outside of requests.
func OriginOf(ctx context.Context) Origin {
	if o, ok := ctx.Value(OriginKey{}).(*Origin); ok && o != nil {
		return *o
	}
	return Origin{}
}

// WithOrigin returns a context whose changes come from o.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, OriginKey{}, &o)
}

// cleanAddress returns a network address in its usual form, or an empty string if it is none.
func cleanAddress(text string) string {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return ""
	}
	return ip.Unmap().WithZone("").String()
}

// userAgentLength is how many characters of a User-Agent are stored.
const userAgentLength = 200

// CleanUserAgent returns the first visible characters of a User-Agent, on one line.
func CleanUserAgent(text string) string {
	if len(text) <= userAgentLength && strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
		return text
	}
	var b strings.Builder
	n := 0
	for _, r := range text {
		if naming.Hidden(r) {
			continue
		}
		if n == userAgentLength {
			break
		}
		n++
		b.WriteRune(r)
	}
	return b.String()
}

// browsers are recognized by their user agent, the more specific ones first, because each also claims to be others.
var browsers, systems = [][2]string{
	{"Edg", "Edge"}, {"OPR", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},
	{"CriOS", "Chrome"}, {"HeadlessChrome", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}, {"curl", "curl"},
}, [][2]string{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
}

// Device returns the names of the browser and the operating system in a user agent, each empty if it is not known.
func Device(userAgent string) (browser, system string) {
	find := func(names [][2]string) string {
		for _, n := range names {
			if strings.Contains(userAgent, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	return find(browsers), find(systems)
}
