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

// The roles that the examples assign.
var adminRole, operatorRole string

// TestMain starts a real server, built from the same checkout, for the examples. Without a checkout, such as in a module
// cache, the examples are not run.
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

// serve starts a development server and sets its address and API key in the environment.
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
		_ = server.Wait() // returns an error because it was killed
		_ = os.RemoveAll(dir)
	}
	url, key := greeting(out)
	if url == "" || key == "" {
		stop()
		return nil, fmt.Errorf("the server did not print its URL and an API key: %q, %q", url, key)
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // ends with the server
	if err := os.Setenv("RAFF_API_URL", url); err != nil {
		return nil, err
	}
	if err := os.Setenv("RAFF_API_KEY", key); err != nil {
		return nil, err
	}
	return stop, roles(url, key)
}

// greeting parses the URL and the Owner's API key from the output of a new development server.
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
