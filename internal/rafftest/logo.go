package rafftest

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"testing"
)

// Logo is a green square as a PNG file in base64.
func Logo(t testing.TB) string {
	t.Helper()
	img := image.NewPaletted(image.Rect(0, 0, 64, 64), color.Palette{color.RGBA{R: 0x20, G: 0x80, B: 0x20, A: 0xff}})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}
