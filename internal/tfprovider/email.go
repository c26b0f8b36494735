package tfprovider

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"raff/internal/naming"
)

// keyDomain is the domain of an API key's email as a member; the local part is its ID.
const keyDomain = "@api-key.invalid"

// canonicalEmail is the form in which the server compares emails: NFC, local part in lower case, domain as IDNA
// A-labels in lower case. An invalid email is returned unchanged; the server reports what is wrong with it.
func canonicalEmail(s string) string {
	local, domain, ok := cutLast(s, "@")
	if !ok || disguised(local) {
		return norm.NFC.String(s)
	}
	return norm.NFC.String(strings.ToLower(norm.NFC.String(local))) + "@" + canonicalDomain(domain)
}

// disguised reports a local part with a letter whose lower-case form is a different letter, such as the Kelvin sign for
// a k. The server refuses it, because the lower-case mailbox belongs to someone else.
func disguised(local string) bool {
	for _, r := range local + norm.NFC.String(local) {
		if r < utf8.RuneSelf {
			continue
		}
		for _, c := range norm.NFC.String(string(r)) {
			if low := unicode.ToLower(c); low < utf8.RuneSelf || low != c && unicode.ToUpper(low) != c {
				return true
			}
		}
	}
	return false
}

func canonicalDomain(s string) string {
	s = norm.NFC.String(s)
	if ascii, err := idna.Lookup.ToASCII(s); err == nil {
		s = ascii
	}
	return strings.ToLower(s)
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// sameEmail reports whether two emails belong to the same person. Unknown and null values match nothing.
func sameEmail(a, b types.String) bool {
	return known(a) && known(b) && canonicalEmail(a.ValueString()) == canonicalEmail(b.ValueString())
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

var domainRules = idna.New(idna.MapForLookup(), idna.StrictDomainName(true), idna.VerifyDNSLength(true), idna.BidiRule(), idna.ValidateLabels(true))

func plainAddress(s string) bool {
	local, domain, ok := cutLast(s, "@")
	if !ok || len(s) > 254 || len(local) > 64 || disguised(local) || !localPart.MatchString(local) || strings.ContainsFunc(s, naming.Ignorable) {
		return false
	}
	ascii, err := domainRules.ToASCII(norm.NFC.String(domain))
	return err == nil && strings.Contains(ascii, ".")
}
