package team

import (
	"encoding/base64"
	"net/netip"
	"strings"
	"time"
)

// Limit limits how often something can be tried: Burst times at once, and once more after each interval Every.
type Limit struct {
	// Subject identifies what is counted. It is stored as it is, so it must not contain addresses in plain text.
	Subject string
	Every   time.Duration
	Burst   int
}

// LimitOf returns a limit on what kind and of identify together, of which only the hash is stored.
func LimitOf(every time.Duration, burst int, kind string, of ...string) Limit {
	text := kind + "\x00" + strings.Join(of, "\x00")
	return Limit{Subject: kind + ":" + base64.RawURLEncoding.EncodeToString(HashOf(text)), Every: every, Burst: burst}
}

// SourceOf returns the network source of an address, as counted by limits: a single IPv4 address, or a whole IPv6 /64
// network, because one person can have any number of addresses in it.
func SourceOf(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		return network(a, 64)
	}
	return a.String()
}

// HomeOf returns the /56 network of an IPv6 address, which is what a home usually has: it contains 256 of the networks
// that SourceOf returns. It is empty for an IPv4 address.
func HomeOf(address string) string {
	a, err := netip.ParseAddr(address)
	if a = a.Unmap().WithZone(""); err != nil || !a.Is6() {
		return ""
	}
	return network(a, 56)
}

// network returns the prefix of an IPv6 address, without a zone.
func network(a netip.Addr, bits int) string {
	p, err := a.Prefix(bits)
	if err != nil {
		return a.String()
	}
	return p.String()
}
