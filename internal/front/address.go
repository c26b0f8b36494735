package front

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies says which X-Forwarded-For headers are trusted. The zero value trusts none.
type Proxies struct {
	// Nearest trusts the last entry of the header from any client, as if it were a single proxy.
	Nearest bool
	// Trusted are the networks of the proxies in front of the server.
	Trusted []netip.Prefix
}

// ParseNetworks parses a comma-separated list of networks and addresses, such as "10.0.0.0/8, 192.0.2.7, fd00::/8". An
// empty text means none.
func ParseNetworks(text string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := netip.ParsePrefix(part)
		if a, e := netip.ParseAddr(part); e == nil && a.Zone() == "" {
			p, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			return nil, fmt.Errorf("trusted proxies: %q is not an address or a network; use for example 10.0.0.0/8,fd00::/8", part)
		}
		if a := p.Addr(); a.Is4In6() {
			if p.Bits() < 96 {
				return nil, fmt.Errorf("trusted proxies: use IPv4 notation for the network %q, for example 10.0.0.0/8", part)
			}
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// Remote returns the network address of the client. Each proxy appends the address that connected to it to
// X-Forwarded-For, so the entries are read from the end, as long as they are addresses of trusted proxies. At an
// entry that is not an address, which no proxy writes, it stops and returns the last address found.
func (p Proxies) Remote(r *http.Request) string {
	peer, ok := parseAddress(r.RemoteAddr)
	if !ok {
		return r.RemoteAddr
	}
	if !p.trusts(peer, 0) {
		return peer.String()
	}
	entries := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for hop := 0; len(entries) > 0 && p.trusts(peer, hop); hop++ {
		from, ok := parseAddress(entries[len(entries)-1])
		if !ok {
			break
		}
		peer, entries = from, entries[:len(entries)-1]
	}
	return peer.String()
}

func (p Proxies) trusts(a netip.Addr, hop int) bool {
	if p.Nearest && hop == 0 {
		return true
	}
	for _, network := range p.Trusted {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// parseAddress parses an address in the forms that proxies write: bare, in brackets, or with a port. An IPv4-mapped IPv6
// address becomes the IPv4 address, and zones are dropped.
func parseAddress(text string) (netip.Addr, bool) {
	ap, err := netip.ParseAddrPort(text) // first, because it is the form of http.Request.RemoteAddr
	a := ap.Addr()
	if err != nil {
		text = strings.Trim(strings.TrimSpace(text), `"`)
		if a, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err != nil {
			if ap, err = netip.ParseAddrPort(text); err != nil {
				return netip.Addr{}, false
			}
			a = ap.Addr()
		}
	}
	return a.Unmap().WithZone(""), true
}
