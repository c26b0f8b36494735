package cli

import (
	"context"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is what the build recorded about itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

type versionInfo struct {
	Version string `json:"version"`
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this program",
		Example: `raff version`,
		Args:    args(),
		RunE: a.local(func(context.Context, []string) error {
			v := versionInfo{version()}
			return writeOne(a, v, versionColumns, []field{{"raff", v.Version}})
		}),
	}
}

var versionColumns = []column[versionInfo]{
	{"", "version", func(v versionInfo) string { return v.Version }},
}
