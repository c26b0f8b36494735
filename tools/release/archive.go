package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// documents are in each archive and package.
var documents = []string{"LICENSE", "NOTICE", "README.md", "CHANGELOG.md"}

// item is a file in an archive.
type item struct {
	name string // in the archive
	mode int64
	from string // the file, unless there is text
	text []byte
}

func (i item) content() ([]byte, error) {
	if i.text != nil {
		return i.text, nil
	}
	return os.ReadFile(i.from)
}

// archive writes raff_VERSION_OS_ARCH.tar.gz with the server, the command line, and how to run them.
func (r release) archive(t target, bin string) error {
	top := "raff_" + r.number() + "_" + t.String()
	items := []item{{name: "raff", mode: 0o755, from: filepath.Join(bin, "raff")}, {name: "raffd", mode: 0o755, from: filepath.Join(bin, "raffd")}}
	for _, d := range documents {
		items = append(items, item{name: d, mode: 0o644, from: filepath.Join(r.root, d)})
	}
	for _, dir := range []string{"docs/operations", "packaging/proxies"} {
		more, err := tree(filepath.Join(r.root, dir), dir)
		if err != nil {
			return err
		}
		items = append(items, more...)
	}
	items = append(items, item{name: "docs/operations.md", mode: 0o644, from: filepath.Join(r.root, "docs/operations.md")},
		item{name: "packaging/raff.yaml", mode: 0o644, from: filepath.Join(r.root, "packaging/linux/raff.yaml")},
		item{name: "packaging/raffd.service", mode: 0o644, from: filepath.Join(r.root, "packaging/linux/raffd.service")})
	for i := range items {
		items[i].name = top + "/" + items[i].name
	}
	return r.tarball(top+".tar.gz", items)
}

// tree returns the files below a directory.
func tree(dir, name string) (all []item, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		all = append(all, item{name: name + "/" + filepath.ToSlash(rel), mode: 0o644, from: path})
		return err
	})
	return all, err
}

// tarball writes an archive whose bytes depend only on its items.
func (r release) tarball(name string, items []item) (err error) {
	f, err := os.Create(filepath.Join(r.out, name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(z)
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.name, b.name) })
	for _, i := range items {
		b, err := i.content()
		if err != nil {
			return err
		}
		h := tar.Header{Typeflag: tar.TypeReg, Name: i.name, Mode: i.mode, Size: int64(len(b)), ModTime: r.at, Format: tar.FormatUSTAR}
		if err := w.WriteHeader(&h); err != nil {
			return err
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), z.Close())
}

// provider writes the archive that a registry of Terraform providers serves, and its manifest.
func (r release) provider(t target, bin string) (err error) {
	name := "terraform-provider-raff_" + r.number()
	manifest, err := json.Marshal(map[string]any{"version": 1, "metadata": map[string]any{"protocol_versions": []string{"6.0"}}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.out, name+"_manifest.json"), append(manifest, '\n'), 0o644); err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(bin, "terraform-provider-raff"))
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(r.out, name+"_"+t.String()+".zip"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := zip.NewWriter(f)
	h := &zip.FileHeader{Name: "terraform-provider-raff_" + r.version, Method: zip.Deflate, Modified: r.at}
	h.SetMode(0o755)
	w, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	return z.Close()
}

// chart writes the Helm chart with the version of the release.
func (r release) chart() error {
	items, err := tree(filepath.Join(r.root, "packaging/helm/raff"), "raff")
	if err != nil {
		return err
	}
	for i := range items {
		if items[i].name != "raff/Chart.yaml" {
			continue
		}
		b, err := items[i].content()
		if err != nil {
			return err
		}
		before, _, _ := strings.Cut(string(b), "version: 0.0.0")
		_, after, _ := strings.Cut(string(b), "appVersion: 0.0.0\n")
		items[i].text = []byte(before + "version: " + r.number() + "\nappVersion: " + r.number() + "\n" + after)
	}
	return r.tarball("raff-chart-"+r.number()+".tgz", items)
}
