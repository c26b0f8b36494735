package brand

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"image"
	"image/png"
	"strings"
	"testing"
)

// drawn is a PNG file of a size, in base64, with something after its end.
func drawn(t *testing.T, width, height int, after string) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	b.WriteString(after)
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// A logo of an account is a whole square picture and nothing else.
func TestOwnLogosAreChecked(t *testing.T) {
	good := drawn(t, 64, 64, "")
	file, sum, err := ReadLogo(good)
	hash := hex.EncodeToString(sum[:])
	if err != nil || !IsLogoHash(hash) || !bytes.HasPrefix(file, []byte("\x89PNG")) {
		t.Errorf("%q, %v", hash, err)
	}
	var o Own
	if err := o.Set(LogoField, hash); err != nil || o.Logo != hash {
		t.Errorf("%+v, %v", o, err)
	}
	operators := Default()
	operators.Logo, operators.LogoType = []byte("<svg/>"), "image/svg+xml"
	if got := operators.With(OwnOf(o.Encode())); got.LogoHash != hash || got.Logo != nil || got.Name != "raff" {
		t.Errorf("%+v", got)
	}
	if got := operators.With(Own{Logo: "../x"}); got.LogoHash != "" || got.Logo == nil {
		t.Errorf("%+v", got)
	}
	for value, why := range map[string]string{
		"x y":                      "a PNG file in base64",
		strings.Repeat("A", 65536): "at most 32 KiB",
		base64.StdEncoding.EncodeToString([]byte("<svg xmlns='http://www.w3.org/2000/svg'/>")): "not a PNG file",
		drawn(t, 64, 32, ""):                                   "64 × 32 pixels; use a square",
		drawn(t, 31, 31, ""):                                   "of 32 to 1024 pixels",
		drawn(t, 1025, 1025, ""):                               "of 32 to 1024 pixels",
		drawn(t, 64, 64, "<x>"):                                "after the end of the picture",
		base64.StdEncoding.EncodeToString(file[:len(file)-20]): "damaged",
	} {
		if _, _, err := ReadLogo(value); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.40q: %v, want %q", value, err, why)
		}
	}
}
