package operator

import (
	"context"
	"encoding/hex"
	"maps"
	"slices"

	"raff/internal/brand"
	"raff/internal/event"
)

// BrandingChange sets what an account has of its own in place of the operator's brand, by the names of brand.Own. A nil or empty value
// removes a field, so that it is the operator's again; fields that are not named stay. The logo is a PNG file in base64.
type BrandingChange map[string]*string

// NoBranding removes all fields.
func NoBranding() BrandingChange {
	c := BrandingChange{}
	for _, name := range brand.OwnNames() {
		c[name] = nil
	}
	return c
}

// BrandingNames are the names of the fields.
func BrandingNames() []string { return brand.OwnNames() }

// IsBranding reports whether there is a field with this name.
func IsBranding(name string) bool { return slices.Contains(brand.OwnNames(), name) }

// Own is what the account has of its own in place of the operator's brand.
func (a *Account) Own() brand.Own { return brand.OwnOf(a.Branding) }

func (c BrandingChange) check() error {
	var o brand.Own
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if err := o.Set(name, c.value(name)); err != nil {
			return RefusalBranding.With(name, err.Error())
		}
	}
	return nil
}

func (c BrandingChange) value(name string) string {
	if v := c[name]; v != nil {
		return *v
	}
	return ""
}

// apply changes the branding of an account, and returns what differs.
func (c BrandingChange) apply(a *Account) event.AccountBrandingChanged {
	from, to := a.Own(), a.Own()
	for name := range c {
		_ = to.Set(name, c.value(name)) // check has validated it
	}
	a.Branding = to.Encode()
	changed := func(from, to string) *event.Change[string] {
		if from == to {
			return nil
		}
		return &event.Change[string]{From: from, To: to}
	}
	return event.AccountBrandingChanged{
		AccentColor: changed(from.Accent, to.Accent), Logo: changed(from.Logo, to.Logo), MailFooter: changed(from.Footer, to.Footer), MailSenderName: changed(from.Sender, to.Sender),
		ProductName: changed(from.Name, to.Name), Support: changed(from.Support, to.Support),
	}
}

// store writes the file of the logo, if it changes.
func (c BrandingChange) store(ctx context.Context, tx Tx, a *Account) error {
	value, named := c[brand.LogoField]
	if !named {
		return nil
	}
	if value == nil || *value == "" {
		return tx.SetLogo(ctx, a.ID, nil, nil)
	}
	file, hash, err := brand.ReadLogo(*value)
	if err != nil {
		return RefusalBranding.With(brand.LogoField, err.Error())
	}
	sum, err := hex.DecodeString(hash)
	if err != nil {
		return err
	}
	return tx.SetLogo(ctx, a.ID, sum, file)
}
