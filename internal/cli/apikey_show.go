package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

// findKey finds a key by id or name.
func findKey(ctx context.Context, c *client.Client, said string) (api.APIKey, error) {
	if id := idIn(said); id != "" {
		k, err := c.APIKeys.Get(ctx, id)
		if err != nil {
			return api.APIKey{}, err
		}
		return *k, nil
	}
	if id := externalID(said); id != "" {
		return pickExternal(c.APIKeys.All(ctx, client.ListAPIKeysOptions{ExternalID: id}), "API key", id)
	}
	return pick(c.APIKeys.All(ctx, client.ListAPIKeysOptions{}), "API key", said, "raff api-key list", func(k api.APIKey) string { return k.ID }, func(k api.APIKey) []string { return []string{k.Name} })
}

// keyID asks the server only if the argument is a name.
func keyID(ctx context.Context, c *client.Client, said string) (string, error) {
	if id := idIn(said); id != "" {
		return id, nil
	}
	k, err := findKey(ctx, c, said)
	return k.ID, err
}

func newTier() *choice { return &choice{allowed: []string{api.TierStandard, api.TierHigh}} }

// secretFlag is --secret-only.
type secretFlag struct{ only bool }

func addSecretFlag(cmd *cobra.Command) *secretFlag {
	s := &secretFlag{}
	cmd.Flags().BoolVar(&s.only, "secret-only", false, "write only the secret, for scripts")
	return s
}

// writeSecret shows a key with its secret. If the response with the secret was lost, it reports that the key exists
// nevertheless.
func (a *app) writeSecret(show *secretFlag, k *api.APIKeyWithSecret, err error) error {
	if errors.Is(err, client.ErrSecretLost) {
		return fmt.Errorf("the API key %s (%s) exists, but the response with its secret was lost. Get a new secret: raff api-key rotate %s (in the API: POST /api/v1/api-keys/%s/regenerate)", k.Name, k.ID, k.ID, k.ID)
	}
	if err != nil {
		return err
	}
	if show.only {
		_, err := fmt.Fprintln(a.out, k.Secret)
		return err
	}
	if err := writeOne(a, *k, secretColumns, append(keyFields(k.APIKey), field{"Secret", k.Secret})); err != nil || a.output.value != "table" {
		return err
	}
	a.note("The secret is shown only once. Store it now.")
	return nil
}

var keyColumns = []column[api.APIKey]{
	{"ID", "id", func(k api.APIKey) string { return k.ID }},
	{"NAME", "name", func(k api.APIKey) string { return k.Name }},
	{"PREFIX", "key_prefix", func(k api.APIKey) string { return k.KeyPrefix }},
	{"STATUS", "", keyStatus},
	{"EXPIRES", "", func(k api.APIKey) string { return cmp.Or(day(k.ExpiresAt), "never") }},
	{"LAST USED", "", func(k api.APIKey) string { return cmp.Or(day(k.LastUsedAt), "never") }},
	{"ROLES", "", rolesOfKey},
	{"", "is_active", func(k api.APIKey) string { return strconv.FormatBool(k.IsActive) }},
	{"", "role", func(k api.APIKey) string { return text(k.RoleSlug) }},
	{"", "role_id", func(k api.APIKey) string { return text(k.RoleID) }},
	{"", "rate_limit_tier", func(k api.APIKey) string { return k.RateLimitTier }},
	{"", "expires_at", func(k api.APIKey) string { return moment(k.ExpiresAt) }},
	{"", "last_used_at", func(k api.APIKey) string { return moment(k.LastUsedAt) }},
	{"", "created_by", func(k api.APIKey) string { return text(k.CreatedBy) }},
	{"", "created_at", func(k api.APIKey) string { return moment(&k.CreatedAt) }},
	{"", "external_ids", func(k api.APIKey) string { return idsText(k.ExternalIDs, " ") }},
}

var secretColumns = func() (columns []column[api.APIKeyWithSecret]) {
	for _, c := range keyColumns {
		columns = append(columns, column[api.APIKeyWithSecret]{c.title, c.key, func(k api.APIKeyWithSecret) string { return c.value(k.APIKey) }})
	}
	return append(columns, column[api.APIKeyWithSecret]{"", "secret", func(k api.APIKeyWithSecret) string { return k.Secret }})
}()

func keyFields(k api.APIKey) []field {
	projects := make([]string, len(k.ProjectAccesses))
	for i, p := range k.ProjectAccesses {
		projects[i] = p.ProjectName + ": " + p.RoleName + " (" + p.ProjectID + ")"
	}
	role := "none"
	if k.RoleName != nil {
		role = *k.RoleName + " (" + text(k.RoleID) + ")"
	}
	return []field{
		{"ID", k.ID},
		{"Name", k.Name},
		{"Prefix", k.KeyPrefix},
		{"Status", keyStatus(k)},
		{"Role", role},
		{"Projects", strings.Join(projects, "\n")},
		{"Tier", k.RateLimitTier},
		{"Expires", cmp.Or(moment(k.ExpiresAt), "never")},
		{"Last used", moment(k.LastUsedAt)},
		{"Created", moment(&k.CreatedAt)},
		{"External ids", idsText(k.ExternalIDs, "\n")},
	}
}

func keyStatus(k api.APIKey) string {
	switch {
	case k.ExpiresAt != nil && k.ExpiresAt.Before(time.Now()):
		return "expired"
	case !k.IsActive:
		return "inactive"
	case k.AccountSuspended:
		return "suspended in the account"
	}
	return "active"
}

// rolesOfKey lists the roles of a key, the account role first.
func rolesOfKey(k api.APIKey) string {
	var roles []string
	if k.RoleName != nil {
		roles = append(roles, *k.RoleName)
	}
	for _, p := range k.ProjectAccesses {
		roles = append(roles, p.RoleName+" in "+p.ProjectName)
	}
	return cmp.Or(strings.Join(roles, ", "), "no role")
}
