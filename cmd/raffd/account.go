package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"raff/internal/server"
	"raff/internal/team"
)

func accountCommand() *cobra.Command {
	c := &cobra.Command{Use: "account", Short: "Manage the accounts of a server"}
	c.AddCommand(accountCreateCommand())
	return c
}

func accountCreateCommand() *cobra.Command {
	var config server.Config
	var n team.NewAccount
	var output string
	c := &cobra.Command{
		Use:   "create --name NAME --owner-email EMAIL",
		Short: "Create an account with its Owner, its Default project and an Owner key",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if config.Database == "" {
				return fmt.Errorf("--database (RAFF_DATABASE_URL) is needed")
			}
			if output != "text" && output != "json" {
				return fmt.Errorf("--output is text or json")
			}
			config.Logger = logger(cmd.ErrOrStderr(), "warn")
			s, err := server.Open(cmd.Context(), config)
			if err != nil {
				return err
			}
			defer func() {
				if e := s.Close(); err == nil {
					err = e
				}
			}()
			a, err := s.Service().CreateAccount(cmd.Context(), n)
			if err != nil {
				return err
			}
			return printAccount(cmd, output, n, a)
		},
	}
	f := c.Flags()
	f.StringVar(&n.Name, "name", "", "name of the account")
	f.StringVar(&n.OwnerEmail, "owner-email", "", "address of the person who owns it")
	f.StringVar(&config.Database, "database", env("RAFF_DATABASE_URL", ""), "sqlite:PATH or postgres://… (RAFF_DATABASE_URL)")
	f.StringVar(&config.PublicURL, "public-url", env("RAFF_PUBLIC_URL", "http://127.0.0.1:8080"), "where people reach the server (RAFF_PUBLIC_URL)")
	f.StringVar(&config.Catalog, "catalog", env("RAFF_CATALOG", ""), "YAML file with your own permissions and system roles (RAFF_CATALOG)")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func printAccount(cmd *cobra.Command, output string, n team.NewAccount, a team.CreatedAccount) error {
	if output == "json" {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		return e.Encode(struct {
			AccountID        string `json:"account_id"`
			OwnerUserID      string `json:"owner_user_id"`
			OwnerMemberID    string `json:"owner_member_id"`
			DefaultProjectID string `json:"default_project_id"`
			APIKeyID         string `json:"api_key_id"`
			APIKey           string `json:"api_key"`
			OwnerLink        string `json:"owner_link"`
		}(a))
	}
	link := a.OwnerLink
	if link == "" {
		link = "(the Owner already has a password)"
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), `Account          %s  %s
Owner            %s  (user %s, member %s)
Default project  %s
Owner key        %s  (id %s)
Password link    %s

The key and the link are shown this once.
`, a.AccountID, n.Name, n.OwnerEmail, a.OwnerUserID, a.OwnerMemberID, a.DefaultProjectID, a.APIKey, a.APIKeyID, link)
	return err
}
