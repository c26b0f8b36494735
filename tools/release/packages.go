package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // the format of Debian
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm" // the format of Red Hat
)

// packages writes a deb and an rpm with the server and the command line.
func (r release) packages(t target, bin string) error {
	if t.os != "linux" {
		return nil
	}
	for _, format := range []string{"deb", "rpm"} {
		if err := r.pack(format, t, bin); err != nil {
			return err
		}
	}
	return nil
}

func (r release) pack(format string, t target, bin string) (err error) {
	contents, err := r.contents(bin)
	if err != nil {
		return err
	}
	linux := func(name string) string { return filepath.Join(r.root, "packaging/linux", name) }
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "raff", Arch: t.arch, Platform: "linux", Version: r.version, Section: "net", Priority: "optional", License: "Apache-2.0", MTime: r.at,
		Maintainer:  "The raff authors <raff@example.com>",
		Description: "Team and access server: members, invitations, roles, API keys\nThe server raffd, with an embedded database or PostgreSQL, and the command line raff.",
		Overridables: nfpm.Overridables{
			Recommends: []string{"ca-certificates"}, Contents: contents,
			Scripts: nfpm.Scripts{PostInstall: linux("postinstall.sh"), PreRemove: linux("preremove.sh"), PostRemove: linux("postremove.sh")},
			RPM:     nfpm.RPM{BuildHost: "localhost", Summary: "Team and access server: members, invitations, roles, API keys"},
		},
	})
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return err
	}
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(r.out, packager.ConventionalFileName(info)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return packager.Package(info, f)
}

// contents are the files of a package.
func (r release) contents(bin string) (all files.Contents, err error) {
	add := func(from, to, kind string, mode fs.FileMode) {
		all = append(all, &files.Content{Source: from, Destination: to, Type: kind, FileInfo: &files.ContentFileInfo{Mode: mode, Owner: "root", Group: "root", MTime: r.at}})
	}
	linux := filepath.Join(r.root, "packaging/linux")
	add(filepath.Join(bin, "raff"), "/usr/bin/raff", files.TypeFile, 0o755)
	add(filepath.Join(bin, "raffd"), "/usr/bin/raffd", files.TypeFile, 0o755)
	add(filepath.Join(linux, "raffd.service"), "/usr/lib/systemd/system/raffd.service", files.TypeFile, 0o644)
	add(filepath.Join(linux, "sysusers.conf"), "/usr/lib/sysusers.d/raff.conf", files.TypeFile, 0o644)
	add("", "/etc/raff", files.TypeDir, 0o750)
	add(filepath.Join(linux, "raff.yaml"), "/etc/raff/raff.yaml", files.TypeConfigNoReplace, 0o640)
	const doc = "/usr/share/doc/raff/"
	for _, d := range documents {
		add(filepath.Join(r.root, d), doc+d, files.TypeFile, 0o644)
	}
	add(filepath.Join(r.root, "docs/operations.md"), doc+"operations.md", files.TypeFile, 0o644)
	for name, dir := range map[string]string{"operations": "docs/operations", "proxies": "packaging/proxies"} {
		items, err := tree(filepath.Join(r.root, dir), doc+name)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			add(i.from, i.name, files.TypeFile, 0o644)
		}
	}
	return all, nil
}
