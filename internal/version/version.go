// Package version identifies the build of a program.
package version

import (
	"cmp"
	"runtime/debug"
	"strings"
	"sync"
)

// number and commit are set by the linker; see the build target of the Makefile. Other builds use what the Go toolchain
// recorded.
var number, commit string

// Info describes one build.
type Info struct {
	// Version is the release, such as v1.2.3, or "(devel)" if it is unknown.
	Version string `json:"version"`
	// Commit is the hash of the source, with the suffix "-dirty" if there were uncommitted changes. It is empty for a
	// build outside a checkout.
	Commit string `json:"commit,omitempty"`
	// Go is the version of the Go toolchain.
	Go string `json:"go"`
}

// Get returns the build of the running program.
var Get = sync.OnceValue(func() Info {
	i := Info{Version: number, Commit: commit}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		i.Version = cmp.Or(i.Version, "(devel)")
		return i
	}
	i.Version, i.Go = cmp.Or(i.Version, build.Main.Version, "(devel)"), build.GoVersion
	if i.Commit == "" {
		i.Commit = recorded(build.Settings)
	}
	return i
})

// recorded returns the commit recorded in the settings of a build.
func recorded(settings []debug.BuildSetting) (commit string) {
	dirty := ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + dirty
}

// String returns the version with a short commit: v1.2.3 (2c11545d3b1f).
func (i Info) String() string {
	if i.Commit == "" {
		return i.Version
	}
	hash, dirty, _ := strings.Cut(i.Commit, "-")
	short := hash[:min(len(hash), 12)]
	if dirty != "" {
		short += "-" + dirty
	}
	return i.Version + " (" + short + ")"
}
