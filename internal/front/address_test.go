package front

import (
	"net/http"
	"testing"
)

func TestRemote(t *testing.T) {
	const list = "10.0.0.0/8, 192.0.2.7,fd00::/8 ::ffff:172.16.0.0/108"
	for _, c := range []struct {
		what, peer string
		nearest    bool
		list       string
		via        []string
		want       string
	}{
		{"no proxy is trusted", "198.51.100.1:99", false, "", []string{"203.0.113.9"}, "198.51.100.1"},
		{"the peer is not in the list", "198.51.100.1:99", false, list, []string{"203.0.113.9"}, "198.51.100.1"},
		{"no header", "10.0.0.1:99", false, list, nil, "10.0.0.1"},
		{"an empty header", "10.0.0.1:99", false, list, []string{""}, "10.0.0.1"},
		{"one hop", "10.0.0.1:99", false, list, []string{"203.0.113.9"}, "203.0.113.9"},
		{"the client sent a header, too", "10.0.0.1:99", false, list, []string{"6.6.6.6, 203.0.113.9"}, "203.0.113.9"},
		{"three hops", "10.0.0.1:99", false, list, []string{"6.6.6.6, 203.0.113.9, 192.0.2.7, 10.9.9.9"}, "203.0.113.9"},
		{"several headers", "10.0.0.1:99", false, list, []string{"6.6.6.6", "203.0.113.9", "192.0.2.7"}, "203.0.113.9"},
		{"IPv6 proxies", "[fd00::1]:99", false, list, []string{"2001:db8::9, fd00::2"}, "2001:db8::9"},
		{"a list of mapped IPv4", "172.16.5.5:99", false, list, []string{"203.0.113.9"}, "203.0.113.9"},
		{"a mapped peer", "[::ffff:10.0.0.1]:99", false, list, []string{"203.0.113.9"}, "203.0.113.9"},
		{"all are proxies", "10.0.0.1:99", false, list, []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"a port", "10.0.0.1:99", false, list, []string{"203.0.113.9:4711"}, "203.0.113.9"},
		{"brackets and a port", "10.0.0.1:99", false, list, []string{"[2001:db8::9]:4711"}, "2001:db8::9"},
		{"brackets", "10.0.0.1:99", false, list, []string{"[2001:db8::9]"}, "2001:db8::9"},
		{"quotes", "10.0.0.1:99", false, list, []string{`"[2001:db8::9]:4711"`}, "2001:db8::9"},
		{"a proxy with a port", "10.0.0.1:99", false, list, []string{"203.0.113.9:1, 10.0.0.2:2"}, "203.0.113.9"},
		{"mapped", "10.0.0.1:99", false, list, []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"mapped with a port", "10.0.0.1:99", false, list, []string{"[::ffff:203.0.113.9]:1"}, "203.0.113.9"},
		{"a zone", "10.0.0.1:99", false, list, []string{"fe80::1%eth7"}, "fe80::1"},
		{"not an address", "10.0.0.1:99", false, list, []string{"203.0.113.9, unknown"}, "10.0.0.1"},
		{"a name", "10.0.0.1:99", false, list, []string{"client.example.com"}, "10.0.0.1"},
		{"not an address before the second proxy", "10.0.0.1:99", false, list, []string{"unknown, 10.0.0.2"}, "10.0.0.2"},
		{"a trailing comma", "10.0.0.1:99", false, list, []string{"203.0.113.9,"}, "10.0.0.1"},
		{"any peer", "198.51.100.1:99", true, "", []string{"6.6.6.6, 203.0.113.9"}, "203.0.113.9"},
		{"any peer, and no other proxy", "198.51.100.1:99", true, "", []string{"6.6.6.6, 198.51.100.2"}, "198.51.100.2"},
		{"any peer, and a list of proxies", "198.51.100.1:99", true, list, []string{"6.6.6.6, 203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
	} {
		trusted, err := ParseNetworks(c.list)
		if err != nil {
			t.Fatal(err)
		}
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.via}}
		if got := (Proxies{c.nearest, trusted}).Remote(r); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	for _, bad := range []string{"10.0.0.0/33", "proxy.example.com", "10.0.0.1:80", "fe80::1%eth0", "::/0x", "::ffff:0.0.0.0/90"} {
		if _, err := ParseNetworks(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
