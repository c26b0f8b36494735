package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"
	"sync"

	"raff/internal/lang"
)

//go:embed assets
var assetFiles embed.FS

// file is a static file as it is sent.
type file struct {
	plain, gzip []byte
	// version is the first digits of the file's hash. It is part of the file's URL, so that browsers can cache the file
	// forever and still fetch a new one from a new server.
	version string
}

// files are all static files by name. Only they are compressed: a page can contain both secrets and text that an
// attacker put into its URL, and the length of the two compressed together would leak the secrets (BREACH). They are
// compressed on first use, so a program that serves no page never does.
var files = sync.OnceValue(readFiles)

func readFiles() map[string]file {
	contents := map[string][]byte{}
	err := fs.WalkDir(assetFiles, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		b, err := assetFiles.ReadFile(name)
		if folder := path.Dir(name); folder != "assets" {
			name = folder + path.Ext(name) // the files of a folder are concatenated in the order of their names
		}
		contents[path.Base(name)] = append(contents[path.Base(name)], b...)
		return err
	})
	if err != nil {
		panic(err) // the files are embedded in the program
	}
	for _, l := range append(lang.Offered, lang.Longer, lang.Mirrored) {
		contents[scriptName(l)] = scriptIn(l, contents["app.js"])
	}
	delete(contents, "app.js")
	all := map[string]file{}
	for name, b := range contents {
		if path.Ext(name) != ".css" {
			all[name] = packed(b)
		}
	}
	for name, b := range contents {
		if path.Ext(name) == ".css" {
			all[name] = packed(versioned(b, all))
		}
	}
	return all
}

// versioned adds the versions of other files to their URLs in a style sheet.
func versioned(css []byte, files map[string]file) []byte {
	for name, f := range files {
		css = bytes.ReplaceAll(css, []byte(`url("/assets/`+name+`")`), []byte(`url("`+urlOf(name, f)+`")`))
	}
	return css
}

func packed(b []byte) file {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(b)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		panic(err) // writing to a buffer cannot fail
	}
	f := plainFile(b)
	f.gzip = packed.Bytes()
	return f
}

// plainFile is a file that is always sent as it is.
func plainFile(b []byte) file {
	sum := sha256.Sum256(b)
	return file{plain: b, gzip: b, version: hex.EncodeToString(sum[:6])}
}

// asset is the URL path of a static file.
func asset(name string) string { return urlOf(name, files()[name]) }

func urlOf(name string, f file) string { return "/assets/" + name + "?v=" + f.version }

var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
}
