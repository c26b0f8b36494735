package e2e

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	// block is a code block of the README.
	block = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)\n```$")
	// fileName is the name of a file before the code block that is its content.
	fileName = regexp.MustCompile("(?s)This is `([^`]+)`:\n\n$")
)

// notRun are the sections of the README with commands that this test does not run: one that another test runs, and one for
// the machines of an operator.
var notRun = []string{"Manage members with Go", "Run it in production"}

// story is what the README tells the reader to do, in order: files to write, and one script.
type story struct {
	files  map[string]string
	script strings.Builder
	// outputs are the expected outputs after each command block that is followed by one: objects, in which "…" stands for
	// anything.
	outputs []map[string]any
}

// end separates the outputs of two blocks.
const end = "--- end of block ---"

func readStory(t *testing.T) *story {
	t.Helper()
	b, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := &story{files: map[string]string{}}
	for _, part := range strings.Split("\n"+string(b), "\n## ")[1:] {
		title, text, _ := strings.Cut(part, "\n")
		if !slices.Contains(notRun, title) {
			s.read(t, text)
		}
	}
	return s
}

func (s *story) read(t *testing.T, text string) {
	t.Helper()
	for _, at := range block.FindAllStringSubmatchIndex(text, -1) {
		language, code := text[at[2]:at[3]], text[at[4]:at[5]]+"\n"
		switch language {
		case "sh":
			s.script.WriteString(code + "echo '" + end + "'\n")
			s.outputs = append(s.outputs, nil)
		case "hcl":
			name := fileName.FindStringSubmatch(text[:at[0]])
			if name == nil {
				t.Fatalf("no name of a file before\n%s", code)
			}
			s.files[name[1]] = code
		case "json":
			if err := json.Unmarshal([]byte(code), &s.outputs[len(s.outputs)-1]); err != nil {
				t.Fatalf("%v in\n%s", err, code)
			}
		case "go": // part of a program
		default:
			t.Fatalf("a code block in %q, which nobody checks", language)
		}
	}
}

// The README is one story that works from the first command to the last, with a real Terraform.
func TestREADMEStory(t *testing.T) {
	t.Parallel()
	s := readStory(t)
	dir := t.TempDir()
	for name, text := range s.files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	programs(t, dir)
	url, key := develop(t, dir)

	script := s.script.String()
	for from, to := range map[string]string{
		"make dev\n": "", "make build ": ": ", // done above
		"http://127.0.0.1:8080": url, "raff_…": key,
	} {
		if !strings.Contains(script, from) {
			t.Errorf("the README does not have %q", from)
		}
		script = strings.ReplaceAll(script, from, to)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+dir+"/path:"+os.Getenv("PATH"), "HOME="+dir, "TF_IN_AUTOMATION=1", "TF_CLI_ARGS=-no-color", "RAFF_CONFIG=")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, stderr.String())
	}
	blocks := strings.Split(string(out), end+"\n")
	for i, want := range s.outputs {
		if want == nil {
			continue
		}
		var got map[string]any
		for d := json.NewDecoder(strings.NewReader(blocks[i])); d.More(); { // the last of several responses
			got = nil
			if err := d.Decode(&got); err != nil {
				t.Fatalf("%v in\n%s", err, blocks[i])
			}
		}
		same(t, want, got)
	}
	for _, want := range []string{
		"Apply complete! Resources: 1 imported, 3 added, 1 changed, 0 destroyed", "No changes.",
		"carol@example.com  billing  unchanged", "team@example.com   member   would be invited", "Removed carol@example.com",
		"\nalice@example.com\nbob@example.com\n", `"decision":true`, "ci may vm.create in Website",
		"bob@example.com may not vm.create in Website: the invitation has not been accepted yet",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output does not have %q", want)
		}
	}
	if t.Failed() {
		t.Logf("%s\n%s", out, stderr.String())
	}
}

// same compares an object of the README with a real one. "…" stands for anything, also in a text.
func same(t *testing.T, want, got map[string]any) {
	t.Helper()
	for name, w := range want {
		if name == "…" {
			continue
		}
		g := got[name]
		if inner, ok := w.(map[string]any); ok {
			if object, ok := g.(map[string]any); ok {
				same(t, inner, object)
				continue
			}
		}
		if text, ok := w.(string); ok && strings.HasSuffix(text, "…") {
			if _, ok := g.(string); ok {
				continue
			}
		}
		if w != g {
			t.Errorf("%s is %v, the README says %v", name, g, w)
		}
	}
}

// programs does in dir what make build does, and makes terraform the program that the tests use.
func programs(t *testing.T, dir string) {
	t.Helper()
	bin := filepath.Join(dir, "bin")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin+"/", "raff/cmd/...").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	settings := "provider_installation {\n  dev_overrides {\n    \"raff/raff\" = \"" + bin + "\"\n  }\n  direct {}\n}\n"
	if err := os.WriteFile(filepath.Join(bin, "terraform.rc"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	terraform, err := exec.LookPath(cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform"))
	if err != nil {
		t.Fatalf("%v: run this test with make unit, which finds Terraform", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "path"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(terraform, filepath.Join(dir, "path", "terraform")); err != nil {
		t.Fatal(err)
	}
}

var (
	readyAt  = regexp.MustCompile(`raff is ready at (\S+)`)
	ownerKey = regexp.MustCompile(`Owner key +(raff_[0-9a-f]{64})`)
)

// develop starts a development server, as make dev does, and returns its URL and Owner key.
func develop(t *testing.T, dir string) (url, key string) {
	t.Helper()
	log := filepath.Join(dir, "raffd.log")
	f, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // the program has its own
	cmd := exec.Command(filepath.Join(dir, "bin", "raffd"), "dev", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
	cmd.Stdout, cmd.Stderr = f, f
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // the test is over
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		b, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		at, owner := readyAt.FindSubmatch(b), ownerKey.FindSubmatch(b)
		if at != nil && owner != nil && strings.Contains(string(b), "Documentation:") {
			return string(at[1]), string(owner[1])
		}
	}
	t.Fatal("raffd dev does not start")
	return "", ""
}
