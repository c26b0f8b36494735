package web

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	"raff/internal/brand"
)

// ownFiles is the folder of the files of accounts' brands. The name of such a file says all that is in it, so that any server can
// send it without reading the account: a color, or a letter and a color.
const ownFiles = "account/"

// wear gives a page the brand of the account that it belongs to.
func (l *look) wear(ctx context.Context, branding string) {
	if w, ok := ctx.Value(lookKey{}).(*worn); ok && branding != "" {
		w.look = l.accounts.get(branding, func() *look { return l.accountLook(brand.OwnOf(branding)) })
	}
}

// accountLook is the look with what an account has of its own.
func (l *look) accountLook(own brand.Own) *look {
	a := &look{Brand: l.With(own), paths: map[string]string{}}
	color := ""
	if a.Accents != nil {
		color = strings.TrimPrefix(a.Accents.Light.Accent, "#")
		a.add("brand.css", color+".css")
	}
	switch {
	case a.Logo != nil:
		a.paths["logo"] = l.paths["logo"]
	case a.Name != brand.Default().Name || a.Accents != nil:
		letter := ""
		if all := []rune(a.initial()); len(all) > 0 {
			letter = strconv.FormatInt(int64(all[0]), 16)
		}
		a.add("logo", letter+"-"+color+".svg")
	}
	return a
}

func (l *look) add(name, file string) {
	if f, ok := accountFile(ownFiles + file); ok {
		l.paths[name] = urlOf(ownFiles+file, f.file)
	}
}

// accountFile makes a file of ownFiles from its name.
func accountFile(name string) (f brandFile, ok bool) {
	name, ok = strings.CutPrefix(name, ownFiles)
	if !ok {
		return f, false
	}
	if color, css := strings.CutSuffix(name, ".css"); css {
		a, err := brand.NewAccents("#" + color)
		return small(assetTypes[".css"], accentStyle(a)), err == nil
	}
	drawn, svg := strings.CutSuffix(name, ".svg")
	code, color, two := strings.Cut(drawn, "-")
	if !svg || !two {
		return f, false
	}
	letter := ""
	if code != "" {
		n, err := strconv.ParseInt(code, 16, 32)
		if r := rune(n); err != nil || !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return f, false
		}
		letter = string(rune(n))
	}
	var accents *brand.Accents
	if color != "" {
		a, err := brand.NewAccents("#" + color)
		if err != nil {
			return f, false
		}
		accents = &a
	}
	return small(assetTypes[".svg"], string(initialLogo(letter, accents))), true
}

// small is a file that is too short to be compressed.
func small(contentType, content string) brandFile {
	return brandFile{plainFile([]byte(content)), contentType}
}
