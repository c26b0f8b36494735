package operator

import (
	"context"
	"encoding/hex"
	"maps"
	"slices"

	"raff/internal/brand"
	"raff/internal/event"
)

// BrandingChange sets what an account has of its own in place of the operator's brand, by the names of brand.Own. A nil or empty
// value removes a field, so that it is the operator's again; fields that are not named stay. The logo is a PNG file in base64.
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

// look is a BrandingChange that was checked, with the file of the logo decoded.
type look struct {
	fields map[string]string // as brand.Own.Set takes them
	sum    []byte            // the SHA-256 hash of logo
	logo   []byte            // the PNG file; nil removes it
}

func (c BrandingChange) check() (look, error) {
	l := look{fields: map[string]string{}}
	var o brand.Own
	for _, name := range slices.Sorted(maps.Keys(c)) {
		value := ""
		if v := c[name]; v != nil {
			value = *v
		}
		if name == brand.LogoField && value != "" {
			file, sum, err := brand.ReadLogo(value)
			if err != nil {
				return look{}, RefusalBranding.With(name, err.Error())
			}
			l.logo, l.sum, value = file, sum[:], hex.EncodeToString(sum[:])
		}
		if err := o.Set(name, value); err != nil {
			return look{}, RefusalBranding.With(name, err.Error())
		}
		l.fields[name] = value
	}
	return l, nil
}

// apply changes the branding of an account, and returns what differs.
func (l look) apply(a *Account) event.AccountBrandingChanged {
	from, to := a.Own(), a.Own()
	for name, value := range l.fields {
		_ = to.Set(name, value) // check has validated it
	}
	a.Branding = to.Encode()
	changed := func(from, to string) *event.Change[string] {
		if from == to {
			return nil
		}
		return &event.Change[string]{From: from, To: to}
	}
	return event.AccountBrandingChanged{
		AccentColor: changed(from.Accent, to.Accent), Logo: changed(from.Logo, to.Logo), MailFooter: changed(from.Footer, to.Footer),
		MailSenderName: changed(from.Sender, to.Sender), ProductName: changed(from.Name, to.Name), Support: changed(from.Support, to.Support),
	}
}

// store writes the file of the logo, or removes it.
func (l look) store(ctx context.Context, tx Tx, accountID string) error {
	return tx.SetLogo(ctx, accountID, l.sum, l.logo)
}
