package tfprovider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"raff/internal/naming"
)

// keyDomain is the domain of an API key's email as a member; the local part is its ID.
const keyDomain = "@api-key.invalid"

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// sameEmail reports whether two emails belong to the same person. Unknown and null values match nothing.
func sameEmail(a, b types.String) bool {
	return known(a) && known(b) && naming.CanonicalEmail(a.ValueString()) == naming.CanonicalEmail(b.ValueString())
}

// emailValidator catches obviously invalid emails during plan; the server has the complete rule.
type emailValidator struct{}

func (emailValidator) Description(context.Context) string {
	return "must be a single email address such as alice@example.com"
}

func (v emailValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v emailValidator) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) {
		return
	}
	if !plainAddress(req.ConfigValue.ValueString()) {
		resp.Diagnostics.AddAttributeError(req.Path, "Not an email address", req.Path.String()+" "+v.Description(ctx)+".")
	}
}

func plainAddress(s string) bool {
	local, domain, ok := cutLast(s, "@")
	if !ok || len(s) > 254 || len(local) > 64 || naming.Disguised(local) != 0 || !localPart.MatchString(local) || strings.ContainsFunc(s, naming.Ignorable) {
		return false
	}
	ascii, err := naming.Domain(domain)
	return err == nil && strings.Contains(ascii, ".")
}
