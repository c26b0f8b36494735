package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

// database holds the flags of commands that work on the database without serving.
type database struct{ config server.Config }

func (d *database) flags(c *cobra.Command) {
	f := c.Flags()
	f.String("config", "", "YAML file with the settings of the server (RAFF_CONFIG)")
	setting(f, &d.config.Database, "database", "RAFF_DATABASE_URL", "", "sqlite:PATH or postgres://… (RAFF_DATABASE_URL, or RAFF_DATABASE_URL_FILE with the path of a file that contains it)")
	setting(f, &d.config.PublicURL, "public-url", "RAFF_PUBLIC_URL", "", "public URL of the server (RAFF_PUBLIC_URL; default: the one of the last server started on the database)")
	setting(f, &d.config.Catalog, "catalog", "RAFF_CATALOG", "", "YAML file with the permissions and system roles, which must match the catalog of the database (RAFF_CATALOG)")
	setting(f, &d.config.SecretsKeyFile, "secrets-key-file", "RAFF_SECRETS_KEY_FILE", "", "file with the keys that encrypt the secrets of authenticator apps (RAFF_SECRETS_KEY_FILE)")
	setting(f, &d.config.SealKeyFile, "seal-key-file", "RAFF_SEAL_KEY_FILE", "", "file with the keys that sign the audit log (RAFF_SEAL_KEY_FILE)")
}

// embeddedFlags has the flags of a command that works on the file of an SQLite database.
func embeddedFlags(c *cobra.Command, database *string) {
	c.Flags().String("config", "", "YAML file with the settings of the server (RAFF_CONFIG)")
	setting(c.Flags(), database, "database", "RAFF_DATABASE_URL", "", "sqlite:PATH (RAFF_DATABASE_URL)")
}

var errNoDatabase = usage{errors.New("--database (RAFF_DATABASE_URL) is required")}

// with opens the database without changing it and calls do.
func (d *database) with(cmd *cobra.Command, do func(context.Context, *server.Server) error) error {
	return d.open(cmd, server.Looking, do)
}

// open is with, for a command that may change the schema or the catalog.
func (d *database) open(cmd *cobra.Command, mode server.Mode, do func(context.Context, *server.Server) error) (err error) {
	if d.config.Database == "" {
		return errNoDatabase
	}
	d.config.Logger, d.config.Mode = warnings(cmd.ErrOrStderr()), mode
	s, err := server.Open(cmd.Context(), d.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return do(cmd.Context(), s)
}
