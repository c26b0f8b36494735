package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	oci "github.com/opencontainers/image-spec/specs-go/v1"
)

// layout reads the image that was built for this machine, and checks the digest of every blob.
func layout(t *testing.T) (config imageConfig, layer []byte) {
	t.Helper()
	f, err := os.Open(filepath.Join(dist(t), "raff_9.8.7_linux_"+runtime.GOARCH+".oci.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	files := map[string][]byte{}
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = b
		sum := sha256.Sum256(b)
		if name, is := strings.CutPrefix(h.Name, "blobs/sha256/"); is && name != "" && name != hex.EncodeToString(sum[:]) {
			t.Errorf("%s has another digest", h.Name)
		}
	}
	read := func(name string, into any) {
		t.Helper()
		if err := json.Unmarshal(files[name], into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	blob := func(d oci.Descriptor) []byte {
		t.Helper()
		b, there := files[blobOf(d)]
		if !there || int64(len(b)) != d.Size {
			t.Fatalf("the blob %s is missing, or does not have %d bytes", d.Digest, d.Size)
		}
		return b
	}
	var version oci.ImageLayout
	var index oci.Index
	var manifest oci.Manifest
	var docker []struct {
		Config           string
		RepoTags, Layers []string
	}
	read("oci-layout", &version)
	read("index.json", &index)
	read("manifest.json", &docker)
	if version.Version != oci.ImageLayoutVersion || len(index.Manifests) != 1 || len(docker) != 1 {
		t.Fatalf("layout %+v, index %+v, manifest.json %+v", version, index, docker)
	}
	if err := json.Unmarshal(blob(index.Manifests[0]), &manifest); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(blob(manifest.Config), &config); err != nil {
		t.Fatal(err)
	}
	if docker[0].Config != blobOf(manifest.Config) || !slices.Equal(docker[0].Layers, []string{blobOf(manifest.Layers[0])}) || !slices.Equal(docker[0].RepoTags, []string{"raff:9.8.7"}) {
		t.Errorf("manifest.json differs from the manifest: %+v", docker[0])
	}
	z, err := gzip.NewReader(bytes.NewReader(blob(manifest.Layers[0])))
	if err != nil {
		t.Fatal(err)
	}
	if layer, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(layer); config.RootFS.DiffIDs[0].Encoded() != hex.EncodeToString(sum[:]) {
		t.Error("the layer has another digest than the configuration says")
	}
	return config, layer
}

// unpack writes the layer into a directory, as a container engine does, and returns what is in it, like ls -l.
func unpack(t *testing.T, layer []byte, into string) (list []string) {
	t.Helper()
	for r := tar.NewReader(bytes.NewReader(layer)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%c %04o %d:%d /%s", h.Typeflag, h.Mode, h.Uid, h.Gid, strings.TrimSuffix(h.Name, "/")))
		if !h.ModTime.Equal(time.Unix(1767225600, 0)) {
			t.Errorf("%s is of %s", h.Name, h.ModTime)
		}
		to := filepath.Join(into, h.Name)
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(to, 0o755)
		} else {
			var b []byte
			if b, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(to, b, 0o600)
			}
		}
		if err == nil && os.Getuid() == 0 {
			err = os.Chown(to, h.Uid, h.Gid)
		}
		if err == nil {
			err = os.Chmod(to, h.FileInfo().Mode()&(os.ModePerm|os.ModeSticky))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// within returns a command that runs in the image as its user. Without the rights of root, this process becomes that user in a namespace
// of its own.
func within(ctx context.Context, root string, c settings, args []string, more ...string) *exec.Cmd {
	id, _, _ := strings.Cut(c.User, ":")
	n, _ := strconv.Atoi(id) // checked by the test
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env, cmd.Dir = slices.Concat(c.Env, more), c.WorkingDir
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: uint32(n), Gid: uint32(n)}} //nolint:gosec // a small number
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: n, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: n, HostID: os.Getgid(), Size: 1}}
		cmd.SysProcAttr.Credential.NoSetGroups = true
	}
	return cmd
}

// TestImage unpacks the image, compares its files with the Containerfile, and uses it as a container engine would.
func TestImage(t *testing.T) {
	config, layer := layout(t)
	root := t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	list := unpack(t, layer, root)
	want := []string{
		"5 0755 0:0 /etc", "0 0644 0:0 /etc/passwd", "5 0755 0:0 /etc/ssl", "5 0755 0:0 /etc/ssl/certs", "0 0644 0:0 /etc/ssl/certs/ca-certificates.crt",
		"5 1777 0:0 /tmp", "5 0755 0:0 /usr", "5 0755 0:0 /usr/bin", "0 0755 0:0 /usr/bin/raff", "0 0755 0:0 /usr/bin/raffd",
		"5 0755 0:0 /var", "5 0755 0:0 /var/lib", "5 0700 65532:65532 /var/lib/raff",
	}
	if !slices.Equal(list, want) {
		t.Errorf("the image has\n%s\nwant\n%s", strings.Join(list, "\n"), strings.Join(want, "\n"))
	}
	c := config.Config
	if c.User != "65532:65532" || c.Healthcheck.Interval != 10*time.Second || c.StopSignal != "SIGTERM" || config.Architecture != runtime.GOARCH {
		t.Errorf("the configuration is %+v", config)
	}
	if c.Labels[oci.AnnotationVersion] != "v9.8.7" || c.Labels[oci.AnnotationRevision] != "0123456789abcdef" || c.Labels[oci.AnnotationLicenses] != "Apache-2.0" {
		t.Errorf("the labels are %v", c.Labels)
	}
	pems, err := os.ReadFile(filepath.Join(root, "etc/ssl/certs/ca-certificates.crt"))
	if err != nil || bytes.Count(pems, []byte("BEGIN CERTIFICATE")) < 50 {
		t.Errorf("%d certificates, %v", bytes.Count(pems, []byte("BEGIN CERTIFICATE")), err)
	}
	if first, _ := pem.Decode(pems); first == nil {
		t.Error("the certificates are not PEM")
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_ = l.Close()
	env := []string{"RAFF_LISTEN=" + at, "RAFF_PUBLIC_URL=https://team.example.com"}
	out, err := within(t.Context(), root, c, append(slices.Clone(c.Entrypoint), "account", "create", "--name", "Acme", "--owner-email", "owner@example.com", "-o", "json"), env...).Output()
	var account struct {
		APIKey string `json:"api_key"`
	}
	if err == nil {
		err = json.Unmarshal(out, &account)
	}
	if err != nil {
		t.Fatalf("create an account in the image: %v\n%s", err, out)
	}
	var log bytes.Buffer
	server := within(t.Context(), root, c, slices.Concat(c.Entrypoint, c.Cmd), env...)
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); status(at, "/ready", "") != http.StatusOK; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			_ = server.Process.Kill()
			_ = server.Wait()
			t.Fatalf("the server in the image is not ready:\n%s", &log)
		}
	}
	if got := status(at, "/api/v1/members", account.APIKey); got != http.StatusOK {
		t.Errorf("the members: %d", got)
	}
	if out, err := within(t.Context(), root, c, c.Healthcheck.Test[1:], env...).CombinedOutput(); err != nil {
		t.Errorf("the health check of a healthy server: %v\n%s", err, out)
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server ended with %v\n%s", err, &log)
	}
}

// status requests a path and returns the status; 0 if there is no response.
func status(at, path, key string) int {
	req, err := http.NewRequest(http.MethodGet, "http://"+at+path, nil)
	if err != nil {
		return 0
	}
	req.Header.Set("X-Api-Key", key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}
