package brand

import (
	"encoding/json"
	"fmt"
)

// Own is what an account has of its own in place of the operator's brand. Empty fields are those of the operator.
type Own struct {
	Name    string `json:"product_name,omitempty"`
	Accent  string `json:"accent_color,omitempty"`
	Support string `json:"support,omitempty"`
	// Sender is the name of the sender of emails. If it is empty and Name is not, the sender has that name.
	Sender string `json:"mail_sender_name,omitempty"`
	Footer string `json:"mail_footer,omitempty"`
	// Logo is the SHA-256 hash of the PNG file of the logo, in hexadecimal. The file is stored elsewhere.
	Logo string `json:"logo,omitempty"`
}

// ownField is a field of Own, with the setting that checks it.
type ownField struct {
	name    string
	of      func(*Own) *string
	setting func(*Settings) *string
	take    func(to *Brand, from Brand)
}

var ownFields = []ownField{
	{"product_name", func(o *Own) *string { return &o.Name }, func(s *Settings) *string { return &s.Name }, (*Brand).rename},
	{"accent_color", func(o *Own) *string { return &o.Accent }, func(s *Settings) *string { return &s.Accent }, func(to *Brand, from Brand) { to.Accents = from.Accents }},
	{"support", func(o *Own) *string { return &o.Support }, func(s *Settings) *string { return &s.Support }, func(to *Brand, from Brand) { to.Support, to.SupportURL = from.Support, from.SupportURL }},
	{"mail_sender_name", func(o *Own) *string { return &o.Sender }, func(s *Settings) *string { return &s.Sender }, func(to *Brand, from Brand) { to.Sender = from.Sender }},
	{"mail_footer", func(o *Own) *string { return &o.Footer }, func(s *Settings) *string { return &s.Footer }, func(to *Brand, from Brand) { to.Footer = from.Footer }},
	{"logo", func(o *Own) *string { return &o.Logo }, func(s *Settings) *string { return &s.ownLogo }, func(to *Brand, from Brand) { to.Logo, to.LogoType, to.LogoHash = nil, "", from.LogoHash }},
}

// rename takes the name of another brand. The operator's logo belongs to the operator's name, and senders have the name of the
// product.
func (b *Brand) rename(from Brand) {
	if b.Name != from.Name {
		b.Logo, b.LogoType = nil, ""
	}
	b.Name, b.Sender = from.Name, from.Name
}

// read checks the field alone, like a setting of the operator.
func (f ownField) read(o *Own) (Brand, error) {
	var s Settings
	*f.setting(&s) = *f.of(o)
	return New(s)
}

// OwnNames are the names of the fields of Own.
func OwnNames() (names []string) {
	for _, f := range ownFields {
		names = append(names, f.name)
	}
	return names
}

// OwnOf reads what Encode returned.
func OwnOf(text string) (o Own) {
	if text != "" {
		_ = json.Unmarshal([]byte(text), &o) // Encode wrote it
	}
	return o
}

// Encode returns the fields as text to be stored; empty if none is set.
func (o Own) Encode() string {
	if o == (Own{}) {
		return ""
	}
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // strings can always be encoded
	}
	return string(b)
}

// Set changes the field of this name after checking the value like a setting of the operator. An empty value removes it. That of the
// logo is the hash of ReadLogo in hexadecimal.
func (o *Own) Set(name, value string) error {
	for _, f := range ownFields {
		if f.name != name {
			continue
		}
		changed := *o
		*f.of(&changed) = value
		if _, err := f.read(&changed); err != nil {
			return err
		}
		*o = changed
		return nil
	}
	return fmt.Errorf("there is no field %q", name)
}

// With returns the brand with the fields of an account. A field that is no longer valid, because the rules changed after it was
// stored, is that of the operator.
func (b Brand) With(o Own) Brand {
	for _, f := range ownFields {
		if *f.of(&o) == "" {
			continue
		}
		if own, err := f.read(&o); err == nil {
			f.take(&b, own)
		}
	}
	return b
}
