package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
	"raff/internal/version"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program and of its database schema",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := version.Get()
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "raffd   %s\ncommit  %s\nschema  %d\ngo      %s\n", v.Version, v.Commit, server.Schema(), v.Go)
			return err
		},
	}
}
