// Command release builds everything that is published for a version: archives for each platform, packages for Debian and Red Hat,
// container images, the Terraform provider, the Helm chart, an SBOM for each program, and checksums. The same source, version and Go release give
// the same bytes, on any machine and in any directory.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// release is one version of the programs.
type release struct {
	root    string // of the repository
	out     string // where the files go
	version string // such as v1.2.3
	commit  string
	at      time.Time // of all files
	targets []target
	images  bool // only the images
}

// target is a platform.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "_" + t.arch }

const allTargets = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, w io.Writer) error {
	f := flag.NewFlagSet("release", flag.ContinueOnError)
	root := f.String("root", ".", "the repository")
	out := f.String("out", "dist", "directory for the files; it is emptied first")
	version := f.String("version", "", "version, such as v1.2.3 (default: v0.0.0)")
	commit := f.String("commit", "", "commit that the programs report")
	epoch := f.String("epoch", os.Getenv("SOURCE_DATE_EPOCH"), "time of all files, in Unix time (SOURCE_DATE_EPOCH; default: of the last commit)")
	targets := f.String("targets", allTargets, "platforms")
	images := f.Bool("images", false, "build only the container images, and keep other files")
	if err := f.Parse(args); err != nil {
		return err
	}
	r := release{version: *version, commit: *commit, images: *images}
	if r.version == "" {
		r.version = "v0.0.0"
	}
	if !strings.HasPrefix(r.version, "v") {
		return fmt.Errorf("-version %q: must begin with v, like v1.2.3", r.version)
	}
	var err error
	if r.root, err = filepath.Abs(*root); err != nil {
		return err
	}
	if r.out, err = filepath.Abs(*out); err != nil {
		return err
	}
	if r.at, err = fileTime(ctx, r.root, *epoch); err != nil {
		return err
	}
	for t := range strings.SplitSeq(*targets, ",") {
		system, arch, ok := strings.Cut(t, "/")
		if !ok {
			return fmt.Errorf("-targets %q: must be like %s", *targets, allTargets)
		}
		r.targets = append(r.targets, target{system, arch})
	}
	return r.make(ctx, w)
}

// fileTime is the time of all files in archives.
func fileTime(ctx context.Context, root, epoch string) (time.Time, error) {
	if epoch == "" {
		cmd := exec.CommandContext(ctx, "git", "-C", root, "log", "-1", "--format=%ct")
		b, err := cmd.Output()
		if err != nil {
			return time.Time{}, fmt.Errorf("read the time of the last commit; set SOURCE_DATE_EPOCH outside of a repository: %w", err)
		}
		epoch = strings.TrimSpace(string(b))
	}
	n, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH %q: must be Unix time in seconds", epoch)
	}
	return time.Unix(n, 0).UTC(), nil
}

// number is the version without its v.
func (r release) number() string { return strings.TrimPrefix(r.version, "v") }

func (r release) make(ctx context.Context, w io.Writer) error {
	if !r.images {
		if err := os.RemoveAll(r.out); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "raff-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // only wastes space
	steps := []func(target, string) error{r.archive, r.provider, r.sboms, r.packages, r.image}
	if r.images {
		steps = []func(target, string) error{r.image}
	}
	for _, t := range r.targets {
		if r.images && t.os != "linux" {
			continue
		}
		fmt.Fprintf(w, "%s\n", t)
		bin := filepath.Join(work, t.String())
		if err := r.build(ctx, t, bin); err != nil {
			return err
		}
		for _, step := range steps {
			if err := step(t, bin); err != nil {
				return fmt.Errorf("%s: %w", t, err)
			}
		}
	}
	if r.images {
		return nil
	}
	if err := r.chart(); err != nil {
		return fmt.Errorf("package the chart: %w", err)
	}
	return r.checksums()
}

// programs are built for each platform.
var programs = []string{"raff", "raffd", "terraform-provider-raff"}

// build compiles the programs like make build does.
func (r release) build(ctx context.Context, t target, bin string) error {
	module, err := modulePath(r.root)
	if err != nil {
		return err
	}
	flags := "-s -w -X " + module + "/internal/version.number=" + r.version
	if r.commit != "" {
		flags += " -X " + module + "/internal/version.commit=" + r.commit
	}
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", bin+"/", "./cmd/...")
	cmd.Dir = r.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOOS="+t.os, "GOARCH="+t.arch, "GOAMD64=v1", "GOARM64=v8.0", "GOWORK=off")
	if b, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build for %s: %w\n%s", t, err, b)
	}
	return nil
}

// modulePath reads the path of the module from its go.mod.
func modulePath(root string) (string, error) {
	b, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(string(b), "\n")
	path, ok := strings.CutPrefix(first, "module ")
	if !ok {
		return "", fmt.Errorf("%s/go.mod does not begin with module", root)
	}
	return strings.TrimSpace(path), nil
}

// checksums writes SHA256SUMS, which sha256sum --check reads.
func (r release) checksums() error {
	entries, err := os.ReadDir(r.out) // sorted
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(r.out, e.Name()))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		fmt.Fprintf(&text, "%s  %s\n", hex.EncodeToString(sum[:]), e.Name())
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(text.String()), 0o644)
}
