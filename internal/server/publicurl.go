package server

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

const publicURLShape = "use the form https://team.example.com"

// publicURL validates the public URL and returns it in the form of a browser's Origin: scheme and host in lower case, the
// host in ASCII, no default port and no trailing slash. Errors never repeat the URL, because a mistyped one may contain a
// password.
func publicURL(text string) (string, error) {
	bad := func(why string) (string, error) {
		return "", errors.New("the public URL (--public-url, RAFF_PUBLIC_URL) " + why)
	}
	u, err := url.Parse(text)
	switch {
	case text == "":
		return bad("is missing: " + publicURLShape)
	case strings.TrimSpace(text) != text:
		return bad("has spaces around it: remove them")
	case err != nil, u.Opaque != "":
		return bad("is invalid: " + publicURLShape)
	case u.Scheme != "http" && u.Scheme != "https":
		return bad("must start with https:// or http://: " + publicURLShape)
	case u.User != nil:
		return bad("must not contain a password or user name: " + publicURLShape)
	case strings.ContainsAny(text, "?#"):
		return bad("must end before the ? or #: " + publicURLShape)
	case strings.Trim(u.Path, "/") != "":
		return bad("has a path, but the pages are served at the root of a host: give the server its own host name, such as https://team.example.com")
	}
	host, err := publicHost(u.Hostname())
	if err != nil {
		return bad("needs a host name or address: " + publicURLShape)
	}
	port, err := publicPort(u)
	if err != nil {
		return bad("needs a port between 1 and 65535, or none: " + publicURLShape)
	}
	return u.Scheme + "://" + host + port, nil
}

// publicHost returns a host as it appears in an Origin.
func publicHost(name string) (string, error) {
	if a, err := netip.ParseAddr(name); err == nil {
		return publicAddress(a)
	}
	ascii, err := hostNames.ToASCII(strings.ToLower(name))
	if err != nil {
		return "", err
	}
	if a, err := netip.ParseAddr(ascii); err == nil { // was written with other digits
		return publicAddress(a)
	}
	if len(ascii) > 254 || strings.Trim(ascii, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" {
		return "", errors.New("not a host name")
	}
	last := ""
	for label := range strings.SplitSeq(strings.TrimSuffix(ascii, "."), ".") {
		if label == "" || len(label) > 63 {
			return "", errors.New("not a host name")
		}
		last = label
	}
	// Browsers take what ends in a number for an IPv4 address, and write it differently.
	if _, err := strconv.ParseUint(last, 0, 64); err == nil || strings.Trim(last, "0123456789") == "" {
		return "", errors.New("not an address in its usual form")
	}
	return ascii, nil
}

func publicAddress(a netip.Addr) (string, error) {
	if a.Zone() != "" || a.IsUnspecified() {
		return "", errors.New("not a reachable address")
	}
	if a.Is6() {
		return "[" + a.String() + "]", nil
	}
	return a.String(), nil
}

// hostNames allows underscores, which are common in names of internal networks.
var hostNames = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(false))

// publicPort returns the port with its colon, or "" for the default port of the scheme.
func publicPort(u *url.URL) (string, error) {
	if u.Port() == "" {
		if strings.HasSuffix(u.Host, ":") {
			return "", errors.New("a colon without a port")
		}
		return "", nil
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || n == 0 {
		return "", errors.New("not a port")
	}
	if u.Scheme == "https" && n == 443 || u.Scheme == "http" && n == 80 {
		return "", nil
	}
	return ":" + strconv.FormatUint(n, 10), nil
}

// exposed reports whether the public URL is plain HTTP on a host other than this machine.
func exposed(public string) bool {
	u, err := url.Parse(public)
	if err != nil || u.Scheme != "http" {
		return false
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil {
		return !ip.IsLoopback()
	}
	return u.Hostname() != "localhost" && !strings.HasSuffix(u.Hostname(), ".localhost")
}
