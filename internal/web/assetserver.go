package web

import (
	"net/http"
	"path"
	"slices"
	"strings"
)

func (p *pages) assets() http.Handler {
	missing := p.serve(p.missing)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/assets/")
		if sum := ownLogo(name); sum != nil {
			p.sendLogo(w, r, sum)
			return
		}
		f, ok := files()[name]
		contentType := assetTypes[path.Ext(name)]
		if own, branded := p.look.files[name]; branded {
			f, ok, contentType = own.file, true, own.contentType
		}
		if own, branded := accountFile(name); branded {
			f, ok, contentType = own.file, true, own.contentType
		}
		if !ok {
			missing(w, r)
			return
		}
		if r.URL.Query().Get("v") == f.version {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Vary", "Accept-Encoding")
		body := f.plain
		if len(f.gzip) < len(f.plain) && slices.ContainsFunc(strings.Split(r.Header.Get("Accept-Encoding"), ","), func(s string) bool { return strings.TrimSpace(s) == "gzip" }) {
			body = f.gzip
			w.Header().Set("Content-Encoding", "gzip")
		}
		_, _ = w.Write(body)
	})
}
