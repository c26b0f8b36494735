package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// recipe is the last stage of the Containerfile, which is the one description of the image: make image and a container engine build the
// same from it.
type recipe struct {
	copies     []copied
	env        []string
	labels     map[string]string
	user       string
	workdir    string
	volumes    []string
	ports      []string
	health     healthcheck
	stop       string
	entrypoint []string
	command    []string
}

// copied is one file or empty directory: its path in the first stage, its path in the image, and its owner.
type copied struct {
	from, to string
	owner    int
}

// healthcheck is how Docker writes it. The times are nanoseconds.
type healthcheck struct {
	Test                           []string
	Interval, Timeout, StartPeriod time.Duration
}

// directory matches the command in the first stage that creates an empty directory for the image.
var directory = regexp.MustCompile(`mkdir -m ([0-7]+) (/\S+)`)

// readRecipe reads the Containerfile. args are the values of its ARGs. directories are the modes of the empty directories.
func readRecipe(path string, args map[string]string) (r recipe, directories map[string]int64, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return r, nil, err
	}
	build, last, ok := strings.Cut(string(b), "\nFROM scratch\n")
	if !ok {
		return r, nil, fmt.Errorf("%s: the image is not made from scratch", path)
	}
	directories = map[string]int64{}
	for _, m := range directory.FindAllStringSubmatch(build, -1) {
		if directories[m[2]], err = strconv.ParseInt(m[1], 8, 64); err != nil {
			return r, nil, err
		}
	}
	var pairs []string
	for name, value := range args {
		pairs = append(pairs, "$"+name, value)
	}
	replacer := strings.NewReplacer(pairs...)
	r.labels = map[string]string{}
	for line := range strings.Lines(strings.ReplaceAll(last, "\\\n", " ")) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if err := r.instruction(word, replacer.Replace(strings.TrimSpace(rest))); err != nil {
			return r, nil, fmt.Errorf("%s: %s: %w", path, line, err)
		}
	}
	return r, directories, nil
}

// instruction carries out one instruction.
func (r *recipe) instruction(word, rest string) (err error) {
	switch word {
	case "COPY":
		err = r.copy(strings.Fields(rest))
	case "ENV":
		r.env = append(r.env, strings.Fields(rest)...)
	case "LABEL":
		for _, pair := range strings.Fields(rest) {
			name, value, _ := strings.Cut(pair, "=")
			r.labels[name] = value
		}
	case "USER":
		r.user = rest
	case "WORKDIR":
		r.workdir = rest
	case "VOLUME":
		r.volumes = append(r.volumes, strings.Fields(rest)...)
	case "EXPOSE":
		r.ports = append(r.ports, strings.Fields(rest)...)
	case "HEALTHCHECK":
		err = r.healthcheck(rest)
	case "STOPSIGNAL":
		r.stop = rest
	case "ENTRYPOINT":
		err = json.Unmarshal([]byte(rest), &r.entrypoint)
	case "CMD":
		err = json.Unmarshal([]byte(rest), &r.command)
	case "", "ARG":
	default:
		err = errors.New("unknown instruction")
	}
	return err
}

// copy carries out COPY --from=build [--chown=ID:ID] SOURCE… TARGET.
func (r *recipe) copy(fields []string) (err error) {
	owner := 0
	for len(fields) > 0 && strings.HasPrefix(fields[0], "--") {
		if id, ok := strings.CutPrefix(fields[0], "--chown="); ok {
			id, _, _ = strings.Cut(id, ":")
			if owner, err = strconv.Atoi(id); err != nil {
				return err
			}
		}
		fields = fields[1:]
	}
	if len(fields) < 2 {
		return errors.New("a source and a target are missing")
	}
	target := fields[len(fields)-1]
	for _, from := range fields[:len(fields)-1] {
		to := target
		if strings.HasSuffix(to, "/") {
			to += filepath.Base(from)
		}
		r.copies = append(r.copies, copied{from, to, owner})
	}
	return nil
}

// healthcheck reads [--OPTION=TIME…] CMD ["PROGRAM", …].
func (r *recipe) healthcheck(rest string) error {
	options, command, _ := strings.Cut(rest, "CMD ")
	var program []string
	if err := json.Unmarshal([]byte(command), &program); err != nil {
		return err
	}
	r.health.Test = append([]string{"CMD"}, program...)
	into := map[string]*time.Duration{"--interval": &r.health.Interval, "--timeout": &r.health.Timeout, "--start-period": &r.health.StartPeriod}
	for _, o := range strings.Fields(options) {
		name, value, _ := strings.Cut(o, "=")
		if into[name] == nil {
			return fmt.Errorf("unknown option %s", name)
		}
		d, err := time.ParseDuration(value)
		if err != nil {
			return err
		}
		*into[name] = d
	}
	return nil
}
