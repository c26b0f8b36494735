package cli

import (
	"context"

	"github.com/spf13/cobra"

	"raff/internal/version"
)

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this program",
		Example: `raff version`,
		Args:    args(),
		RunE: a.local(func(context.Context, []string) error {
			v := version.Get()
			return writeOne(a, v, versionColumns, []field{{"raff", v.Version}, {"commit", v.Commit}, {"go", v.Go}})
		}),
	}
}

var versionColumns = []column[version.Info]{
	{"", "version", func(v version.Info) string { return v.Version }},
	{"", "commit", func(v version.Info) string { return v.Commit }},
	{"", "go", func(v version.Info) string { return v.Go }},
}
