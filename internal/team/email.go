package team

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"raff/internal/naming"
)

// keyDomain is the domain of the placeholder email of an API key. It is reserved by RFC 2606 and cannot receive email.
const keyDomain = "api-key.invalid"

// KeyEmail returns the placeholder email of an API key as a member.
func KeyEmail(keyID string) string { return keyID + "@" + keyDomain }

// CanonicalEmail checks an email as entered and returns its canonical form, by which emails are unique: NFC, local part
// in lower case, domain as IDNA A-labels in lower case. Dots and +tags are significant. The error is a KindInvalid
// error of the field "email".
func CanonicalEmail(typed string) (string, error) {
	bad := func(why string, facts ...any) (string, error) {
		return "", RefusalInvalidEmail.With(Phrase{why, facts})
	}
	if typed == "" {
		return bad("it is empty")
	}
	if !utf8.ValidString(typed) || len(typed) > 254 {
		return bad("it is longer than 254 bytes or not UTF-8")
	}
	s := norm.NFC.String(typed)
	for _, r := range s {
		if unicode.IsSpace(r) || naming.Ignorable(r) {
			return bad("it contains a space or an invisible character")
		}
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 {
		return bad("it needs a local part, an @ and a domain")
	}
	local, domain := s[:at], s[at+1:]
	if strings.ContainsAny(local, "\"(),:;<>@[]\\") {
		return bad("remove the display name, quotes or second address")
	}
	if len(local) > 64 || local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, "..") {
		return bad("the part before the @ is not valid")
	}
	if r := naming.Disguised(typed[:strings.LastIndexByte(typed, '@')]); r != 0 {
		return bad("%q (%U) becomes a different letter in lower case, and so a different address. Use the exact spelling of the mailbox", r, r)
	}
	ascii, err := naming.Domain(domain)
	if err != nil || !strings.Contains(ascii, ".") {
		return bad("the domain is not valid")
	}
	if _, err := netip.ParseAddr(ascii); err == nil {
		return bad("the domain must not be an IP address")
	}
	top := ascii[strings.LastIndexByte(ascii, '.')+1:]
	if top == "" || top == "invalid" || strings.Trim(top, "0123456789") == "" {
		return bad("the domain cannot receive email")
	}
	return norm.NFC.String(strings.ToLower(local)) + "@" + ascii, nil
}
