package brand

import (
	"strings"
	"testing"
)

// What an account has of its own takes the place of the operator's; everything else stays.
func TestOwnTakesThePlaceOfTheOperators(t *testing.T) {
	b, err := New(Settings{Name: "Mindful VMs", Accent: "#702070", Support: "help@example.com", Footer: "Example Ltd."})
	if err != nil {
		t.Fatal(err)
	}
	b.Logo, b.LogoType = []byte("<svg/>"), "image/svg+xml"
	if same := b.With(OwnOf("")); same.Name != b.Name || same.Logo == nil || same.Sender != "" || same.Accents != b.Accents {
		t.Errorf("without anything of its own: %+v", same)
	}
	var o Own
	for name, value := range map[string]string{"product_name": "Lamp Works", "mail_footer": "Lamps Ltd."} {
		if err := o.Set(name, value); err != nil {
			t.Error(err)
		}
	}
	got := b.With(OwnOf(o.Encode()))
	if got.Name != "Lamp Works" || got.Sender != "Lamp Works" || got.Logo != nil || got.Footer != "Lamps Ltd." || got.Support != "help@example.com" || got.Accents != b.Accents {
		t.Errorf("%+v", got)
	}
	if err := o.Set("accent_color", "#ffcc00"); err == nil || !strings.Contains(err.Error(), "use a darker color") || o.Accent != "" {
		t.Errorf("%+v, %v", o, err)
	}
	if err := o.Set("font", "x"); err == nil {
		t.Error("an unknown field was accepted")
	}
	// A value that is no longer valid is that of the operator.
	if got := b.With(Own{Accent: "#ffcc00", Sender: "The Lamps", Name: "Lamp Works"}); got.Accents != b.Accents || got.Sender != "The Lamps" || got.Name != "Lamp Works" {
		t.Errorf("%+v", got)
	}
	for _, name := range []string{"product_name", "mail_footer"} {
		if err := o.Set(name, ""); err != nil {
			t.Error(err)
		}
	}
	if o.Encode() != "" {
		t.Errorf("encoded %q", o.Encode())
	}
}
