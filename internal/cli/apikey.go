package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

const keyArg = "an API key's id or name"

func (a *app) key() *cobra.Command {
	return a.group("api-key", "api-keys", "Show, create, update and revoke API keys",
		a.keyList(), byID(a.keyGet(), "API key"), a.keyCreate(), byID(a.keyUpdate(), "API key"), byID(a.keyRotate(), "API key"), byID(a.keyRevoke(), "API key"))
}

func (a *app) keyList() *cobra.Command {
	var external, role, project string
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the API keys",
		Example: `raff api-key list
raff api-key list --role admin
raff api-key list --project website

# keys that never expire
raff api-key list --jq '.[] | select(.expires_at == null).name'`,
		Args: args(),
	}
	list := addListing(cmd, "name or prefix", "first", 0)
	cmd.Flags().StringVar(&role, "role", "", "only keys with this role (`slug`, name or id): an account role, or with --project a project role")
	cmd.Flags().StringVar(&project, "project", "", "only keys with a role in this project (`id`, slug or name)")
	complete(cmd, "role", a.completeRoles(""))
	complete(cmd, "project", a.completeProjectSlugs)
	externalFilter(cmd, &external)
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, _ []string) error {
		if err := list.check(); err != nil {
			return err
		}
		has, err := a.holders(ctx, c, role, project)
		if err != nil {
			return err
		}
		match := func(k api.APIKey) bool { return list.finds(k.Name, k.KeyPrefix) && has(k) }
		return writeListing(a, list, c.APIKeys.All(ctx, client.ListAPIKeysOptions{ExternalID: external}), match, keyColumns)
	})
	require(cmd, atMostOne("search"), atMostOne("role"), atMostOne("project"))
	return cmd
}

// holders reports whether a key has a role: the named account role or, with a project, the named or any role in it.
func (a *app) holders(ctx context.Context, c *client.Client, role, project string) (has func(api.APIKey) bool, err error) {
	var p api.Project
	scope := api.ScopeAccount
	if project != "" {
		scope = api.ScopeProject
		if p, err = a.workIn(ctx, c, project); err != nil {
			return nil, err
		}
	}
	var r api.Role
	if role != "" {
		if r, err = findRole(ctx, c, scope, role); err != nil {
			return nil, err
		}
	}
	return func(k api.APIKey) bool {
		if project == "" {
			return role == "" || text(k.RoleID) == r.ID
		}
		return slices.ContainsFunc(k.ProjectAccesses, func(access api.APIKeyProjectAccess) bool {
			return access.ProjectID == p.ID && (role == "" || access.RoleID == r.ID)
		})
	}, nil
}

func (a *app) keyGet() *cobra.Command {
	return &cobra.Command{
		Use:               "get <id|name>",
		Short:             "Show an API key, without its secret",
		Example:           `raff api-key get ci`,
		Args:              args(keyArg),
		ValidArgsFunction: upTo(1, a.completeKeys),
		RunE: a.do(func(ctx context.Context, c *client.Client, args []string) error {
			k, err := findKey(ctx, c, args[0])
			if err != nil {
				return err
			}
			return writeOne(a, k, keyColumns, keyFields(k))
		}),
	}
}

func (a *app) keyCreate() *cobra.Command {
	var name, expires string
	var role *roleFlags
	var external *externalFlags
	var show *secretFlag
	tier := newTier()
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create an API key and show its secret once",
		Long: `Create an API key and show its secret once.

Without --role, the key has no permissions in the account; raff project member add gives it a role in one project.`,
		Example: `raff api-key create --name ci --expires 90d

# save the secret in a file that only you can read
(umask 077; raff api-key create --name ci --role member --secret-only >ci.key)`,
		Args: args(),
	}
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, _ []string) error {
		roleID, err := role.resolve(ctx, c)
		if err != nil {
			return err
		}
		in := api.CreateAPIKeyRequest{Name: &name, RoleID: roleID, RateLimitTier: optional(tier.value)}
		if in.ExternalIDs, err = external.ids(); err != nil {
			return err
		}
		if expires != "" {
			end, err := moreTime("expires", expires, time.Now())
			if err != nil {
				return err
			}
			in.ExpiresAt = &end
		}
		k, err := c.APIKeys.Create(ctx, in)
		return a.writeSecret(show, k, err)
	})
	cmd.Flags().StringVar(&name, "name", "", "`name` of the key")
	cmd.Flags().StringVar(&expires, "expires", "", "expiry: a `time` such as 2030-01-31T12:00:00Z, the last valid day (UTC), such as 2030-01-31, or a duration from now, such as 90d or 12h")
	role = a.addRoleFlags(cmd, api.ScopeAccount)
	addChoice(cmd, tier, "tier", "rate limit")
	show = addSecretFlag(cmd)
	external = addExternalFlags(cmd, false)
	noFiles(cmd, "name", "expires")
	require(cmd, each("name"), atMostOne("role", "role-id"), atMostOne("expires"), atMostOne("secret-only", "output"))
	return cmd
}

func (a *app) keyUpdate() *cobra.Command {
	var name, expires string
	var enable, disable bool
	var external *externalFlags
	tier := newTier()
	cmd := &cobra.Command{
		Use:   "update <id|name>",
		Short: "Rename an API key, change its expiry, or disable and enable it",
		Example: `raff api-key update ci --expires 30d
raff api-key update ci --expires never
raff api-key update ci --disable`,
		Args:              args(keyArg),
		ValidArgsFunction: upTo(1, a.completeKeys),
	}
	cmd.RunE = a.do(func(ctx context.Context, c *client.Client, args []string) error {
		in := api.UpdateAPIKeyRequest{Name: ifGiven(cmd, "name", name), RateLimitTier: optional(tier.value)}
		if enable || disable {
			in.IsActive = &enable
		}
		switch {
		case expires == "never":
			in.ExpiresAt = api.Null[string]()
		case expires != "":
			end, err := moreTime("expires", expires, time.Now())
			if err != nil {
				return err
			}
			in.ExpiresAt = api.Some(end)
		}
		id, err := keyID(ctx, c, args[0])
		if err != nil {
			return err
		}
		if in.ExternalIDs, err = external.change(); err != nil {
			return err
		}
		if disable {
			a.warnOwnKey(ctx, c, id, "disabled")
		}
		k, err := c.APIKeys.Update(ctx, id, in)
		if err != nil {
			return err
		}
		return writeOne(a, *k, keyColumns, keyFields(*k))
	})
	f := cmd.Flags()
	f.StringVar(&name, "name", "", "new `name`")
	f.StringVar(&expires, "expires", "", "expiry: a `time` such as 2030-01-31T12:00:00Z, the last valid day (UTC), such as 2030-01-31, a duration from now, such as 90d, or never")
	f.BoolVar(&enable, "enable", false, "enable the key again")
	f.BoolVar(&disable, "disable", false, "disable the key; it can be enabled again")
	addChoice(cmd, tier, "tier", "rate limit")
	noFiles(cmd, "name", "expires")
	external = addExternalFlags(cmd, true)
	require(cmd, atLeastOne("name", "expires", "enable", "disable", "tier", "external-id", "remove-external-id"), atMostOne("enable", "disable"), atMostOne("expires"))
	return cmd
}

func (a *app) keyRotate() *cobra.Command {
	var grace string
	var show *secretFlag
	cmd := &cobra.Command{
		Use:     "rotate <id|name>",
		Aliases: []string{"regenerate"},
		Short:   "Replace the secret of an API key and show the new one once",
		Long: `Replace the secret of an API key and show the new one once. The id, name and roles stay the same.

The current secret stops working immediately, or after --grace. The command asks for confirmation first.`,
		Example: `raff api-key rotate ci --grace 1h

# in a script
raff api-key rotate ci --force --secret-only`,
		Args:              args(keyArg),
		ValidArgsFunction: upTo(1, a.completeKeys),
	}
	d := a.addForce(cmd)
	cmd.RunE = a.do(d.asking(func(ctx context.Context, c *client.Client, args []string) error {
		var in api.RegenerateAPIKeyRequest
		end := "immediately"
		if grace != "" {
			old, err := span(grace)
			if err != nil {
				return usageError{fmt.Sprintf("--grace %q is not a duration such as 10m, 24h or 7d.", grace)}
			}
			in.GraceSeconds, end = new(int(old.Seconds())), "in "+grace
		}
		k, err := findKey(ctx, c, args[0])
		if err != nil {
			return err
		}
		if usesKey(ctx, c, k.ID) {
			a.note("Warning: this is the API key that this command uses, from %s. Store the new secret there.", a.keyFrom)
		}
		if err := d.confirm(ctx, "Rotate the secret of the API key %s (%s…)? The current secret stops working %s.", k.Name, k.KeyPrefix, end); err != nil {
			return err
		}
		again, err := c.APIKeys.Regenerate(ctx, k.ID, in)
		return a.writeSecret(show, again, err)
	}))
	cmd.Flags().StringVar(&grace, "grace", "", "`duration` for which the current secret keeps working, such as 10m or 24h (at most 7d)")
	show = addSecretFlag(cmd)
	noFiles(cmd, "grace")
	require(cmd, atMostOne("grace"), atMostOne("secret-only", "output"))
	return cmd
}

func (a *app) keyRevoke() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "revoke <id|name>",
		Aliases:           []string{"rm", "remove", "delete"},
		Short:             "Revoke an API key permanently, with all its roles",
		Example:           `raff api-key revoke ci`,
		Args:              args(keyArg),
		ValidArgsFunction: upTo(1, a.completeKeys),
	}
	d := a.addForce(cmd)
	cmd.RunE = a.do(d.asking(func(ctx context.Context, c *client.Client, args []string) error {
		k, err := findKey(ctx, c, args[0])
		if err != nil {
			return err
		}
		a.warnOwnKey(ctx, c, k.ID, "revoked")
		if err := d.confirm(ctx, "Revoke the API key %s (%s…)? It stops working immediately and loses %s.", k.Name, k.KeyPrefix, rolesOfKey(k)); err != nil {
			return err
		}
		done, err := c.APIKeys.Revoke(ctx, k.ID)
		if err != nil {
			return err
		}
		return a.writeDone(done, "Revoked the API key %s (%s).", k.Name, k.ID)
	}))
	return cmd
}
