package brand

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"image/png"
)

// LogoField is the name of the field of Own that is a file.
const LogoField = "logo"

// The bounds of an account's logo: its size in bytes, which has to fit into the body of a request, and its sides in pixels, which bound
// the memory that decoding it takes.
const (
	maxOwnLogo = 32 << 10
	minSide    = 32
	maxSide    = 1024
)

// ReadLogo checks the logo of an account, a PNG file in base64, by decoding all of it. It returns the file and its SHA-256 hash.
// Unlike the operator's own logo it is never an SVG file, which could contain scripts.
func ReadLogo(text string) (file []byte, sum [sha256.Size]byte, err error) {
	if base64.StdEncoding.DecodedLen(len(text)) > maxOwnLogo+2 {
		return nil, sum, fmt.Errorf("use a file of at most %d KiB", maxOwnLogo>>10)
	}
	if file, err = base64.StdEncoding.DecodeString(text); err != nil {
		return nil, sum, errors.New("it must be a PNG file in base64")
	}
	if len(file) > maxOwnLogo {
		return nil, sum, fmt.Errorf("use a file of at most %d KiB", maxOwnLogo>>10)
	}
	size, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, sum, errors.New("it is not a PNG file")
	}
	if size.Width != size.Height || size.Width < minSide || size.Width > maxSide {
		return nil, sum, fmt.Errorf("it has %d × %d pixels; use a square of %d to %d pixels", size.Width, size.Height, minSide, maxSide)
	}
	rest := bytes.NewReader(file)
	if _, err = png.Decode(rest); err != nil {
		return nil, sum, errors.New("the PNG file is damaged")
	}
	if rest.Len() > 0 {
		return nil, sum, errors.New("there is more data after the end of the picture")
	}
	return file, sha256.Sum256(file), nil
}

// IsLogoHash reports whether a text has the form of a hash of ReadLogo.
func IsLogoHash(text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == sha256.Size && hex.EncodeToString(b) == text
}
