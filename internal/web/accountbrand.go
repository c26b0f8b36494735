package web

import (
	"context"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"raff/internal/brand"
)

// ownFiles is the folder of the files of accounts' brands. The name of such a file says all that is in it, so that any server can
// send it without reading the account: a color, or a letter and a color. That of a logo is the hash of the file, which is stored.
const (
	ownFiles = "account/"
	logoEnd  = ".png"
)

// ownLogo returns the hash of the logo that is called so in the folder of static files; nil if it is another file.
func ownLogo(name string) []byte {
	name, in := strings.CutPrefix(name, ownFiles)
	hash, picture := strings.CutSuffix(name, logoEnd)
	if !in || !picture || !brand.IsLogoHash(hash) {
		return nil
	}
	sum, err := hex.DecodeString(hash)
	if err != nil {
		return nil
	}
	return sum
}

// sendLogo sends the logo of an account. A browser that has it never asks again, because another file has another name.
func (p *pages) sendLogo(w http.ResponseWriter, r *http.Request, sum []byte) {
	content, err := p.svc.Logo(r.Context(), sum)
	if err != nil {
		p.serve(func(*http.Request) (reply, error) { return reply{}, err })(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(content) //nolint:gosec // a PNG file that was decoded before it was stored
}

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
	case a.LogoHash != "":
		a.paths["logo"] = "/assets/" + ownFiles + a.LogoHash + logoEnd
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
