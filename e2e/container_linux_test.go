package e2e

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"raff/internal/rafftest"
)

// image is the last stage of a Containerfile, laid out in a directory.
type image struct {
	root, workdir               string
	environment                 []string
	entrypoint, command, health []string
	user                        uint32
	stop                        string
}

// build carries out the instructions of the last stage of packaging/container/Containerfile. from maps the paths of the first
// stage to files here.
func build(t *testing.T, from func(path string) string) image {
	t.Helper()
	b, err := os.ReadFile("../packaging/container/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	_, last, ok := strings.Cut(string(b), "\nFROM scratch\n")
	if !ok {
		t.Fatal("the image is not made from scratch")
	}
	m := image{root: t.TempDir()}
	if err := os.Chmod(m.root, 0o755); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(last) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "COPY":
			m.copy(t, strings.Fields(rest), from)
		case "ENV":
			m.environment = strings.Fields(rest)
		case "USER":
			id, _, _ := strings.Cut(rest, ":")
			n, err := strconv.ParseUint(id, 10, 32)
			if err != nil {
				t.Fatalf("USER %s: Kubernetes needs a number to see that it is not root", rest)
			}
			m.user = uint32(n)
		case "WORKDIR":
			m.workdir = rest
		case "ENTRYPOINT":
			m.entrypoint = words(t, rest)
		case "CMD":
			m.command = words(t, rest)
		case "HEALTHCHECK":
			_, command, _ := strings.Cut(rest, "CMD ")
			m.health = words(t, command)
		case "STOPSIGNAL":
			m.stop = rest
		case "", "VOLUME", "EXPOSE", "ARG", "LABEL":
		default:
			t.Fatalf("the test does not know the instruction %s", word)
		}
	}
	return m
}

func words(t *testing.T, list string) (all []string) {
	t.Helper()
	if err := json.Unmarshal([]byte(list), &all); err != nil {
		t.Fatalf("%s: there is no shell in the image, so this must be a list: %v", list, err)
	}
	return all
}

// copy carries out COPY --from=build [--chown=ID] SOURCE… TARGET.
func (m *image) copy(t *testing.T, fields []string, from func(string) string) {
	t.Helper()
	owner := 0
	for strings.HasPrefix(fields[0], "--") {
		if id, ok := strings.CutPrefix(fields[0], "--chown="); ok {
			id, _, _ = strings.Cut(id, ":")
			n, err := strconv.Atoi(id)
			if err != nil {
				t.Fatal(err)
			}
			owner = n
		}
		fields = fields[1:]
	}
	sources, target := fields[:len(fields)-1], fields[len(fields)-1]
	for _, source := range sources {
		to := filepath.Join(m.root, target)
		if strings.HasSuffix(target, "/") {
			to = filepath.Join(to, filepath.Base(source))
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		here := from(source)
		info, err := os.Stat(here)
		if err != nil {
			t.Fatal(err)
		}
		if info.IsDir() {
			err = os.MkdirAll(to, 0o755)
		} else {
			var b []byte
			if b, err = os.ReadFile(here); err == nil {
				err = os.WriteFile(to, b, info.Mode().Perm())
			}
		}
		if err == nil && os.Getuid() == 0 {
			err = os.Chown(to, owner, owner)
		}
		if err == nil {
			err = os.Chmod(to, info.Mode().Perm()|info.Mode()&os.ModeSticky)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// run returns a command that runs in the image as its user. Without the rights of root, this process becomes that user in a
// namespace of its own.
func (m *image) run(args []string, more ...string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env, cmd.Dir = append(append([]string{}, m.environment...), more...), m.workdir
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: m.root, Credential: &syscall.Credential{Uid: m.user, Gid: m.user}}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: int(m.user), HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: int(m.user), HostID: os.Getgid(), Size: 1}}
		cmd.SysProcAttr.Credential.NoSetGroups = true
	}
	return cmd
}

// TestContainer runs the image's file tree as a container would: its own root without anything else, its user, its environment.
func TestContainer(t *testing.T) {
	t.Parallel()
	bin, empty := t.TempDir(), t.TempDir()
	cmd := exec.Command("go", "build", "-trimpath", "-o", bin+"/", "raff/cmd/raffd", "raff/cmd/raff")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m := build(t, func(path string) string {
		switch {
		case path == "/data" || path == "/empty":
			return empty
		case strings.HasPrefix(path, "/src/bin/"):
			return filepath.Join(bin, filepath.Base(path))
		case strings.HasPrefix(path, "/src/"):
			return "../" + strings.TrimPrefix(path, "/src/")
		case path == "/etc/ssl/certs/ca-certificates.crt":
			return "../packaging/container/passwd" // its content does not matter here
		}
		t.Fatalf("COPY %s: the test does not know where this comes from", path)
		return ""
	})
	if m.user == 0 {
		t.Error("the image runs as root")
	}
	at := freeAddr(t)
	settings := []string{"RAFF_LISTEN=" + at, "RAFF_PUBLIC_URL=https://team.example.com"}
	if out, err := m.run(append(m.entrypoint, "account", "create", "--name", "Acme", "--owner-email", "owner@example.com"), settings...).CombinedOutput(); err != nil {
		t.Fatalf("create an account in the image: %v\n%s", err, out)
	}
	s := service{addr: at, cmd: m.run(append(m.entrypoint, m.command...), settings...)}
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // it has usually ended
		if t.Failed() {
			t.Logf("what raffd said last:\n%s", s.log.tail())
		}
	})
	rafftest.Eventually(t, "the server in the image is ready", func() bool { return s.status("/ready") == http.StatusOK })
	if out, err := m.run(m.health, settings...).CombinedOutput(); err != nil {
		t.Errorf("the health check of a healthy server: %v\n%s", err, out)
	}
	info, err := os.Stat(m.root + "/var/lib/raff/raff.db")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the database in the volume: %v, %v", info, err)
	}
	if !strings.HasPrefix(s.log.String(), "{") {
		t.Error("the image does not log JSON")
	}
	if m.stop != "SIGTERM" {
		t.Errorf("STOPSIGNAL %s", m.stop)
	}
	s.signal(t, syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	if err := m.run(m.health, settings...).Run(); err == nil {
		t.Error("the health check succeeds although the server has stopped")
	}
	// Without RAFF_LISTEN of the test, the image must not listen on loopback only, where nothing outside reaches it.
	for _, e := range m.environment {
		if listen, ok := strings.CutPrefix(e, "RAFF_LISTEN="); ok {
			if host, _, err := net.SplitHostPort(listen); err != nil || host != "" {
				t.Errorf("the image listens on %s", listen)
			}
			return
		}
	}
	t.Errorf("the image listens on the default address, loopback: %v", m.environment)
}
