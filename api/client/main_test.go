package client_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"raff/api"
	"raff/api/client"
)

// The roles that the examples hand out.
var adminRole, operatorRole string

// TestMain gives the examples a real server, built from the same checkout. Where this module is alone, in someone's
// module cache, there is nothing to build it from, and the examples are left out.
func TestMain(m *testing.M) {
	flag.Parse()
	if _, err := os.Stat("../../cmd/raffd"); err != nil {
		if err := flag.Set("test.skip", "^Example"); err != nil {
			log.Fatal(err)
		}
		os.Exit(m.Run())
	}
	stop, err := serve()
	if err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	stop()
	os.Exit(code)
}

// serve starts a server to try things on, and says in the environment where it is.
func serve() (stop func(), err error) {
	dir, err := os.MkdirTemp("", "raff-example-")
	if err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "raffd")
	build := exec.Command("go", "build", "-o", program, "./cmd/raffd")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the server: %w\n%s", err, out)
	}
	server := exec.Command(program, "dev", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = server.Process.Kill()
		_ = server.Wait() // says that it was killed
		_ = os.RemoveAll(dir)
	}
	url, key := greeting(out)
	if url == "" || key == "" {
		stop()
		return nil, fmt.Errorf("the server says neither where it is nor a key: %q, %q", url, key)
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // it ends with the server
	if err := os.Setenv("RAFF_API_URL", url); err != nil {
		return nil, err
	}
	if err := os.Setenv("RAFF_API_KEY", key); err != nil {
		return nil, err
	}
	return stop, roles(url, key)
}

// greeting reads the address of the server and the Owner's key from what a new development server prints.
func greeting(r io.Reader) (url, key string) {
	for lines := bufio.NewScanner(r); key == "" && lines.Scan(); {
		words := strings.Fields(lines.Text())
		for i, w := range words {
			switch {
			case w == "at" && i+1 < len(words) && url == "":
				url = words[i+1]
			case strings.HasPrefix(w, "raff_"):
				key = w
			}
		}
	}
	return url, key
}

func roles(url, key string) error {
	c, err := client.New(url, key)
	if err != nil {
		return err
	}
	for r, err := range c.Roles.All(context.Background(), client.ListRolesOptions{}) {
		switch {
		case err != nil:
			return err
		case r.Scope == api.ScopeAccount && r.Slug == "admin":
			adminRole = r.ID
		case r.Scope == api.ScopeProject && r.Slug == "operator":
			operatorRole = r.ID
		}
	}
	return nil
}
