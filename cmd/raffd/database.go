package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

// database is what a command needs that works on the database without serving.
type database struct{ config server.Config }

func (d *database) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&d.config.Database, "database", env("RAFF_DATABASE_URL", ""), "sqlite:PATH or postgres://… (RAFF_DATABASE_URL)")
	f.StringVar(&d.config.PublicURL, "public-url", env("RAFF_PUBLIC_URL", "http://127.0.0.1:8080"), "where people reach the server (RAFF_PUBLIC_URL)")
	f.StringVar(&d.config.Catalog, "catalog", env("RAFF_CATALOG", ""), "YAML file with your own permissions and system roles (RAFF_CATALOG)")
	f.StringVar(&d.config.SealKeyFile, "seal-key-file", env("RAFF_SEAL_KEY_FILE", ""), "file with the keys that sign the audit log (RAFF_SEAL_KEY_FILE)")
}

// with opens the database for as long as do runs.
func (d *database) with(cmd *cobra.Command, do func(context.Context, *server.Server) error) (err error) {
	if d.config.Database == "" {
		return errors.New("--database (RAFF_DATABASE_URL) is needed")
	}
	d.config.Logger = logger(cmd.ErrOrStderr(), "warn")
	s, err := server.Open(cmd.Context(), d.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return do(cmd.Context(), s)
}
