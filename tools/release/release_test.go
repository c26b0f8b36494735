package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
)

const root = "../.."

var full = flag.Bool("full", false, "build all platforms twice, in different directories, and compare every byte")

// made is a release for the processor of this machine, which the first test builds.
var made = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "raff-release-test-"); err != nil {
		return "", err
	}
	return dir, releaseInto(dir, root, "linux/"+runtime.GOARCH)
})

func releaseInto(dir, source, targets string) error {
	return run(context.Background(), []string{"-root", source, "-out", dir, "-version", "v9.8.7", "-commit", "0123456789abcdef", "-epoch", "1767225600", "-targets", targets}, io.Discard)
}

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := made(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// output runs a program and returns its output.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	b, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, b)
	}
	return string(b)
}

// has reports whether this machine has a program.
func has(t *testing.T, name string) bool {
	t.Helper()
	_, err := exec.LookPath(name)
	if err != nil {
		t.Logf("%s is not installed: its checks are left out", name)
	}
	return err == nil
}

func dist(t *testing.T) string {
	t.Helper()
	dir, err := made()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFiles(t *testing.T) {
	dir, arch := dist(t), runtime.GOARCH
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	rpmArch := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[arch]
	want := []string{
		"SHA256SUMS", "raff-9.8.7-1." + rpmArch + ".rpm", "raff-chart-9.8.7.tgz", "raff_9.8.7_" + arch + ".deb", "raff_9.8.7_linux_" + arch + ".cdx.json",
		"raff_9.8.7_linux_" + arch + ".oci.tar", "raff_9.8.7_linux_" + arch + ".tar.gz", "raffd_9.8.7_linux_" + arch + ".cdx.json", "terraform-provider-raff_9.8.7_linux_" + arch + ".cdx.json",
		"terraform-provider-raff_9.8.7_linux_" + arch + ".zip", "terraform-provider-raff_9.8.7_manifest.json",
	}
	if !slices.Equal(got, want) {
		t.Errorf("files\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if has(t, "sha256sum") {
		output(t, "sh", "-c", "cd "+dir+" && sha256sum --check --strict SHA256SUMS")
	}
	archive := output(t, "tar", "-tvzf", filepath.Join(dir, "raff_9.8.7_linux_"+arch+".tar.gz"))
	for _, name := range []string{"raff", "raffd", "LICENSE", "packaging/raff.yaml", "packaging/proxies/nginx.conf", "docs/operations.md"} {
		if !strings.Contains(archive, " raff_9.8.7_linux_"+arch+"/"+name+"\n") {
			t.Errorf("the archive lacks %s", name)
		}
	}
}

// TestPackage installs the package into a directory and uses it.
func TestPackage(t *testing.T) {
	deb := filepath.Join(dist(t), "raff_9.8.7_"+runtime.GOARCH+".deb")
	if !has(t, "dpkg-deb") {
		return
	}
	into := t.TempDir()
	output(t, "dpkg-deb", "--extract", deb, into)
	output(t, "dpkg-deb", "--control", deb, filepath.Join(into, "DEBIAN"))
	list := output(t, "dpkg-deb", "--contents", deb)
	for _, want := range []string{"-rwxr-xr-x root/root", "./usr/bin/raffd\n", "./usr/bin/raff\n", "./usr/lib/systemd/system/raffd.service\n", "./usr/lib/sysusers.d/raff.conf\n", "./usr/share/doc/raff/LICENSE\n", "./usr/share/doc/raff/proxies/nginx.conf\n"} {
		if !strings.Contains(list, want) {
			t.Errorf("the package lacks %q", want)
		}
	}
	for line := range strings.Lines(list) {
		if strings.HasSuffix(line, " ./etc/raff/raff.yaml\n") && !strings.HasPrefix(line, "-rw-r-----") {
			t.Errorf("others can read the settings: %s", line)
		}
	}
	if b, err := os.ReadFile(filepath.Join(into, "DEBIAN/conffiles")); err != nil || strings.TrimSpace(string(b)) != "/etc/raff/raff.yaml" {
		t.Errorf("an upgrade would replace the settings: %q, %v", b, err)
	}
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		output(t, "sh", "-n", filepath.Join(into, "DEBIAN", script))
	}
	raffd := filepath.Join(into, "usr/bin/raffd")
	if runtime.GOOS == "linux" {
		if got := output(t, raffd, "version"); !strings.Contains(got, "v9.8.7") || !strings.Contains(got, "0123456789abcdef") {
			t.Errorf("raffd version: %s", got)
		}
		t.Setenv("RAFF_PUBLIC_URL", "https://team.example.com")
		if got := output(t, raffd, "config", "check", "--config", filepath.Join(into, "etc/raff/raff.yaml")); !strings.Contains(got, "sqlite:/var/lib/raff/raff.db") && !strings.Contains(got, "The configuration is valid.") {
			t.Errorf("raffd config check: %s", got)
		}
	}
	service(t, into, raffd)
}

// service checks the unit with systemd's own tools.
func service(t *testing.T, into, raffd string) {
	t.Helper()
	if !has(t, "systemd-analyze") {
		return
	}
	b, err := os.ReadFile(filepath.Join(into, "usr/lib/systemd/system/raffd.service"))
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "raffd.service") // with the path of the program here, which has to exist
	if err := os.WriteFile(unit, []byte(strings.ReplaceAll(string(b), "/usr/bin/raffd", raffd)), 0o644); err != nil {
		t.Fatal(err)
	}
	verified := output(t, "systemd-analyze", "verify", "--man=no", unit)
	for line := range strings.Lines(verified) {
		if strings.Contains(line, "raffd.service") {
			t.Errorf("systemd-analyze verify: %s", line)
		}
	}
	// The exposure is from 0 (none) to 10, times 10 here; a service without settings has 9.6.
	t.Log(output(t, "systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", unit))
}

func TestSBOM(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(dist(t), "raffd_9.8.7_linux_"+runtime.GOARCH+".cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	var bom cyclonedx.BOM
	if err := json.Unmarshal(b, &bom); err != nil {
		t.Fatal(err)
	}
	if bom.Metadata.Component.Name != "raffd" || bom.Metadata.Component.Version != "v9.8.7" || bom.SerialNumber != "" {
		t.Errorf("the program is %+v", bom.Metadata.Component)
	}
	var names []string
	for _, c := range *bom.Components {
		names = append(names, c.Name)
		if c.Version == "" || !strings.HasPrefix(c.PackageURL, "pkg:golang/"+c.Name+"@") {
			t.Errorf("incomplete component %+v", c)
		}
	}
	for _, want := range []string{"std", "modernc.org/sqlite", "github.com/jackc/pgx/v5", "github.com/wneessen/go-mail"} {
		if !slices.Contains(names, want) {
			t.Errorf("the SBOM lacks %s", want)
		}
	}
}

// TestReproducible builds everything again, from a copy of the source in another directory, and compares the bytes: for this platform, or
// with -full for all of them.
func TestReproducible(t *testing.T) {
	first, again, source, targets := dist(t), t.TempDir(), t.TempDir(), "linux/"+runtime.GOARCH
	if *full {
		targets, first = allTargets, t.TempDir()
		if err := releaseInto(first, root, targets); err != nil {
			t.Fatal(err)
		}
	}
	output(t, "sh", "-c", "cd "+root+" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -P -t "+source)
	if err := releaseInto(again, source, targets); err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(first, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	sums2, err := os.ReadFile(filepath.Join(again, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	if string(sums) != string(sums2) {
		t.Errorf("two builds of the same source differ:\n%s\n%s", sums, sums2)
	}
}
