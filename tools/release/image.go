package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	digest "github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	oci "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// entry is a file or directory in the image.
type entry struct {
	mode    int64
	owner   int
	dir     bool
	content []byte
}

// settings is the configuration of an image, with the health check, which Docker and Podman read although OCI does not define it.
type settings struct {
	oci.ImageConfig
	Healthcheck healthcheck
}

type imageConfig struct {
	Created *time.Time `json:"created,omitempty"`
	oci.Platform
	Config  settings      `json:"config"`
	RootFS  oci.RootFS    `json:"rootfs"`
	History []oci.History `json:"history"`
}

// image writes raff_VERSION_OS_ARCH.oci.tar, an OCI image layout that docker load and podman load read: the image that the Containerfile
// describes, built without a container engine.
func (r release) image(t target, bin string) error {
	if t.os != "linux" {
		return nil
	}
	how, tree, err := r.imageTree(bin)
	if err != nil {
		return err
	}
	layer, id, err := r.layer(tree)
	if err != nil {
		return err
	}
	config := imageConfig{
		Created: &r.at, Platform: oci.Platform{Architecture: t.arch, OS: t.os},
		Config: settings{oci.ImageConfig{
			User: how.user, Env: how.env, Entrypoint: how.entrypoint, Cmd: how.command, WorkingDir: how.workdir, Labels: how.labels, StopSignal: how.stop,
			Volumes: set(how.volumes, ""), ExposedPorts: set(how.ports, "/tcp"),
		}, how.health},
		RootFS: oci.RootFS{Type: "layers", DiffIDs: []digest.Digest{id}}, History: []oci.History{{Created: &r.at, CreatedBy: "make image"}},
	}
	blobs := map[string][]byte{}
	add := func(kind string, b []byte) oci.Descriptor {
		sum := sha256.Sum256(b)
		name := hex.EncodeToString(sum[:])
		blobs["blobs/sha256/"+name] = b
		return oci.Descriptor{MediaType: kind, Digest: digest.NewDigestFromEncoded(digest.SHA256, name), Size: int64(len(b))}
	}
	ofLayer := add(oci.MediaTypeImageLayerGzip, layer)
	configured, err := json.Marshal(config)
	if err != nil {
		return err
	}
	ofConfig := add(oci.MediaTypeImageConfig, configured)
	manifest, err := json.Marshal(oci.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: oci.MediaTypeImageManifest, Config: ofConfig, Layers: []oci.Descriptor{ofLayer}, Annotations: how.labels,
	})
	if err != nil {
		return err
	}
	ofManifest := add(oci.MediaTypeImageManifest, manifest)
	ofManifest.Platform = &config.Platform
	ofManifest.Annotations = map[string]string{oci.AnnotationRefName: r.number(), "io.containerd.image.name": "raff:" + r.number()}
	// Older versions of docker load read manifest.json instead of index.json.
	for name, v := range map[string]any{
		"oci-layout": oci.ImageLayout{Version: oci.ImageLayoutVersion},
		"index.json": oci.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: oci.MediaTypeImageIndex, Manifests: []oci.Descriptor{ofManifest}},
		"manifest.json": []map[string]any{{
			"Config": blobOf(ofConfig), "RepoTags": []string{"raff:" + r.number()}, "Layers": []string{blobOf(ofLayer)},
		}},
	} {
		if blobs[name], err = json.Marshal(v); err != nil {
			return err
		}
	}
	layout := map[string]entry{}
	for name, b := range blobs {
		layout[name] = entry{mode: 0o644, content: b}
	}
	packed, err := r.tar(withParents(layout))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, "raff_"+r.number()+"_"+t.String()+".oci.tar"), packed, 0o644)
}

func blobOf(d oci.Descriptor) string { return "blobs/sha256/" + d.Digest.Encoded() }

func set(names []string, suffix string) map[string]struct{} {
	all := map[string]struct{}{}
	for _, n := range names {
		all[n+suffix] = struct{}{}
	}
	return all
}

// imageTree returns the recipe of the image and its files, by path without the leading slash.
func (r release) imageTree(bin string) (recipe, map[string]entry, error) {
	how, directories, err := readRecipe(filepath.Join(r.root, "packaging/container/Containerfile"), map[string]string{"VERSION": r.version, "COMMIT": r.commit})
	if err != nil {
		return how, nil, err
	}
	tree := map[string]entry{}
	for _, c := range how.copies {
		e := entry{mode: 0o644, owner: c.owner}
		mode, isDir := directories[c.from]
		program, isProgram := strings.CutPrefix(c.from, "/src/bin/")
		source, isSource := strings.CutPrefix(c.from, "/src/")
		switch {
		case isDir:
			e.dir, e.mode = true, mode
		case c.from == "/etc/ssl/certs/ca-certificates.crt":
			e.content = certificates()
		case isProgram:
			e.mode = 0o755
			e.content, err = os.ReadFile(filepath.Join(bin, program))
		case isSource:
			e.content, err = os.ReadFile(filepath.Join(r.root, source))
		default:
			err = fmt.Errorf("COPY %s: it is not known where this comes from", c.from)
		}
		if err != nil {
			return how, nil, err
		}
		tree[strings.TrimPrefix(c.to, "/")] = e
	}
	return how, withParents(tree), nil
}

// withParents adds the directories that files are in.
func withParents(tree map[string]entry) map[string]entry {
	for _, name := range slices.Collect(maps.Keys(tree)) {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if _, there := tree[dir]; !there {
				tree[dir] = entry{mode: 0o755, dir: true}
			}
		}
	}
	return tree
}

// certificates returns the authorities that Mozilla trusts without conditions, of the version in go.mod, in PEM. Those of the machine
// that builds the image would make its bytes depend on the machine.
func certificates() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // never fails
		}
	}
	return b.Bytes()
}

// layer returns the files as a compressed archive, with the digest of the archive before it was compressed.
func (r release) layer(tree map[string]entry) (compressed []byte, id digest.Digest, err error) {
	plain, err := r.tar(tree)
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, "", err
	}
	_, err = z.Write(plain)
	err = errors.Join(err, z.Close())
	return b.Bytes(), digest.FromBytes(plain), err
}

// tar returns an archive whose bytes depend only on its entries.
func (r release) tar(tree map[string]entry) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		e := tree[name]
		h := tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: e.mode, Uid: e.owner, Gid: e.owner, Size: int64(len(e.content)), ModTime: r.at, Format: tar.FormatUSTAR}
		if e.dir {
			h.Typeflag, h.Name = tar.TypeDir, name+"/"
		}
		if err := w.WriteHeader(&h); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}
