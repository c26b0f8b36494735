package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"raff/internal/server"
)

func accountRenameCommand() *cobra.Command {
	return onDatabase("rename <id> <name>", "Change the name of an account", 2, func(ctx context.Context, s *server.Server, w io.Writer, args []string) error {
		return s.ChangeAccount(ctx, w, args[0], server.AccountChange{Name: &args[1]})
	})
}

func accountLimitsCommand() *cobra.Command {
	given := map[string]*string{}
	c := onAccount("limits", "Limit the members, projects, API keys and roles of an account", func(ctx context.Context, s *server.Server, w io.Writer, id string) error {
		change := server.AccountChange{Limits: map[string]*int{}}
		for flag, value := range given {
			if *value == "" {
				continue
			}
			n, err := parseLimit(*value)
			if err != nil {
				return usage{fmt.Errorf("--%s must be a number or none", flag)}
			}
			change.Limits[strings.ReplaceAll(flag, "-", "_")] = n
		}
		if len(change.Limits) == 0 {
			return usage{errors.New("set at least one limit: --members, --projects, --api-keys or --roles")}
		}
		return s.ChangeAccount(ctx, w, id, change)
	})
	c.Long = "Limit the members, projects, API keys and roles of an account. Lowering a limit removes nothing: it only\n" +
		"prevents adding more. The value none removes a limit. Limits that you do not name stay as they are."
	for flag, what := range map[string]string{
		"members": "people, including those who are invited", "projects": "projects", "api-keys": "API keys", "roles": "custom roles",
	} {
		given[flag] = c.Flags().String(flag, "", "maximum number of "+what+", or none")
	}
	return c
}

// parseLimit reads a number, or none for no limit.
func parseLimit(s string) (*int, error) {
	if s == "none" {
		return nil, nil
	}
	n, err := strconv.Atoi(s)
	return &n, err
}

func accountAttributesCommand() *cobra.Command {
	var set, remove []string
	c := onAccount("attributes", "Set and remove your own attributes of an account, such as its plan", func(ctx context.Context, s *server.Server, w io.Writer, id string) error {
		change := server.AccountChange{Attributes: map[string]*string{}}
		for _, text := range set {
			name, value, ok := strings.Cut(text, "=")
			if !ok {
				return usage{fmt.Errorf("--set %q must have the form name=value, such as plan=pro", text)}
			}
			change.Attributes[name] = &value
		}
		for _, name := range remove {
			if change.Attributes[name] != nil {
				return usage{fmt.Errorf("the attribute %q is both set and removed", name)}
			}
			change.Attributes[name] = nil
		}
		if len(change.Attributes) == 0 {
			return usage{errors.New("use at least one of --set and --remove")}
		}
		return s.ChangeAccount(ctx, w, id, change)
	})
	c.Flags().StringArrayVar(&set, "set", nil, "attribute as name=value; repeatable")
	c.Flags().StringArrayVar(&remove, "remove", nil, "name of an attribute to remove; repeatable")
	return c
}

func accountOwnerCommand() *cobra.Command {
	var member, email string
	c := onAccount("owner", "Make another active member the Owner of an account", func(ctx context.Context, s *server.Server, w io.Writer, id string) error {
		if (member == "") == (email == "") {
			return usage{errors.New("use exactly one of --member and --email")}
		}
		return transfer(ctx, s, w, id, member, email)
	})
	c.Long = "Make another active member the Owner of an account. The former Owner becomes an Admin, and their API keys with the Owner\n" +
		"role are disabled."
	c.Flags().StringVar(&member, "member", "", "id of the membership")
	c.Flags().StringVar(&email, "email", "", "email of the member")
	return c
}
