package server

import (
	"net"
	"net/http"
	"strings"
)

// remote finds the network address a request comes from: the last that a proxy in front of the server wrote down, where
// there is one that can be trusted.
func remote(trustProxy bool) func(*http.Request) string {
	return func(r *http.Request) string {
		if via := r.Header.Values("X-Forwarded-For"); trustProxy && len(via) > 0 {
			last := via[len(via)-1]
			return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
		}
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			return r.RemoteAddr
		}
		return host
	}
}
