package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// versions are the first digits of each file's hash. They stand in its address, so that a browser may keep the file as
// long as it likes and still gets a new one with a new server.
var versions = hashAll()

func hashAll() map[string]string {
	all := map[string]string{}
	names, err := fs.Glob(assetFiles, "assets/*")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	for _, name := range names {
		b, err := assetFiles.ReadFile(name)
		if err != nil {
			panic(err) // the file is part of this program
		}
		sum := sha256.Sum256(b)
		all[path.Base(name)] = hex.EncodeToString(sum[:6])
	}
	return all
}

// asset is the address of a file of the pages.
func asset(name string) string { return "/assets/" + name + "?v=" + versions[name] }

var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

func (p *pages) assets() http.Handler {
	missing := p.serve(p.missing)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/assets/")
		b, err := assetFiles.ReadFile("assets/" + name)
		if err != nil {
			missing(w, r)
			return
		}
		if r.URL.Query().Get("v") == versions[name] {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		w.Header().Set("Content-Type", assetTypes[path.Ext(name)])
		_, _ = w.Write(b) //nolint:gosec // a file of this program
	})
}
