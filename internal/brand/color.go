package brand

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Accents are the accent color and what belongs to it, for light and dark pages, as #rrggbb.
type Accents struct{ Light, Dark Shades }

// Shades are the colors of one mode: of links and buttons, of a button under the pointer, of a soft background, and of text on a
// button.
type Shades struct{ Accent, Hover, Soft, On string }

// readable is the minimum contrast of text with its background (WCAG 2.2, level AA).
const readable = 4.5

// The backgrounds of pages; internal/web tests that its style sheet has the same.
var (
	lightGrounds = []color{{0xff, 0xff, 0xff}, {0xf7, 0xf7, 0xf6}, {0xf1, 0xf1, 0xef}}
	darkGrounds  = []color{{0x14, 0x16, 0x1a}, {0x19, 0x1c, 0x20}, {0x26, 0x2a, 0x31}}
	white        = color{0xff, 0xff, 0xff}
	black        = color{0x10, 0x13, 0x1a}
)

type color [3]uint8

func parseColor(text string) (c color, ok bool) {
	if len(text) != 7 || text[0] != '#' {
		return c, false
	}
	n, err := strconv.ParseUint(text[1:], 16, 32)
	return color{uint8(n >> 16), uint8(n >> 8), uint8(n)}, err == nil //nolint:gosec // cut to its parts
}

func (c color) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// luminance is the relative luminance of WCAG.
func (c color) luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// contrast is the contrast ratio of WCAG, from 1 to 21.
func contrast(a, b color) float64 {
	l, d := a.luminance(), b.luminance()
	if l < d {
		l, d = d, l
	}
	return (l + 0.05) / (d + 0.05)
}

// lowest is the lowest contrast of a color with several backgrounds.
func lowest(c color, grounds []color) float64 {
	low := 21.0
	for _, g := range grounds {
		low = min(low, contrast(c, g))
	}
	return low
}

// mixed is c with a part of another color, from 0 to 1.
func mixed(c, with color, part float64) (m color) {
	for i := range c {
		m[i] = uint8(math.Round(float64(c[i])*(1-part) + float64(with[i])*part))
	}
	return m
}

// toward mixes c with another color until it is readable on all backgrounds.
func toward(c, with color, grounds []color) color {
	for part := 0.0; part < 1; part += 0.02 {
		if m := mixed(c, with, part); lowest(m, grounds) >= readable {
			return m
		}
	}
	return with
}

// NewAccents checks that text in the color is readable on light pages, and derives the other shades. The error names the nearest
// color that is readable.
func NewAccents(text string) (Accents, error) {
	c, ok := parseColor(strings.ToLower(text))
	if !ok {
		return Accents{}, fmt.Errorf("the accent color %q must be written as # and 6 hexadecimal digits, such as #1f4fbf", text)
	}
	// The darkest background of light pages has text in this color, too, and buttons have white text on it.
	if low := lowest(c, lightGrounds); low < readable {
		return Accents{}, fmt.Errorf("the accent color %s has a contrast of %.1f with the background of pages; text needs %.1f: use a darker color, such as %s",
			text, low, readable, toward(c, color{}, lightGrounds))
	}
	dark := toward(c, white, darkGrounds)
	soft := mixed(c, color{0x19, 0x1c, 0x20}, 0.78)
	for part := 0.78; lowest(dark, []color{soft}) < readable && part < 1; part += 0.02 {
		soft = mixed(c, color{0x19, 0x1c, 0x20}, part)
	}
	return Accents{
		Light: Shades{c.String(), mixed(c, color{}, 0.2).String(), softLight(c).String(), white.String()},
		Dark:  Shades{dark.String(), mixed(dark, white, 0.3).String(), soft.String(), black.String()},
	}, nil
}

// softLight is a light tint on which text in the color is readable.
func softLight(c color) color {
	for part := 0.88; part < 1; part += 0.02 {
		if soft := mixed(c, white, part); contrast(c, soft) >= readable {
			return soft
		}
	}
	return white
}
