package store

import (
	"encoding/hex"
	"net/netip"
)

// netAddress is a network address, stored as 4 or 16 bytes, because every event has one.
type netAddress string

// arg is the stored form; nil for no address.
func (a netAddress) arg() []byte {
	ip, err := netip.ParseAddr(string(a))
	if err != nil {
		return nil
	}
	return ip.AsSlice()
}

// addressOf is the text of a stored address. Bytes that are none, which no program writes, are shown as they are, so that the seal of
// the log does not match.
func addressOf(b blob) string {
	if len(b) == 0 {
		return ""
	}
	ip, ok := netip.AddrFromSlice(b)
	if !ok {
		return hex.EncodeToString(b)
	}
	return ip.String()
}
