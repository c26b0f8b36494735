package operatorapi

import (
	"strings"

	"raff/api"
	"raff/internal/operator"
	"raff/internal/rest"
)

// branding checks the names of fields.
func branding(b api.Nullable[map[string]*string]) (operator.BrandingChange, error) {
	if !b.Set {
		return nil, nil
	}
	if !b.Valid {
		return operator.NoBranding(), nil
	}
	for name := range b.Value {
		if !operator.IsBranding(name) {
			return nil, rest.Invalid("branding", "unknown_field", "Unknown field %q. Known fields: %s.", rest.Shorten(name), strings.Join(operator.BrandingNames(), ", "))
		}
	}
	return operator.BrandingChange(b.Value), nil
}

// brandingOf converts the branding of an account to its API form.
func brandingOf(a *operator.Account) api.AccountBranding {
	own := a.Own()
	return api.AccountBranding{
		ProductName: rest.Filled(own.Name), AccentColor: rest.Filled(own.Accent), Support: rest.Filled(own.Support),
		MailSenderName: rest.Filled(own.Sender), MailFooter: rest.Filled(own.Footer), LogoSHA256: rest.Filled(own.Logo),
	}
}
