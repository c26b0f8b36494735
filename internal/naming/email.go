package naming

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// CanonicalEmail returns the form in which emails are compared: NFC, local part in lower case, domain as IDNA A-labels in
// lower case. It does not check the email: an invalid one is returned with as much of it converted as is possible, and
// one with a Disguised local part unchanged.
func CanonicalEmail(email string) string {
	s := norm.NFC.String(email)
	at := strings.LastIndexByte(s, '@')
	if at < 0 || Disguised(email[:strings.LastIndexByte(email, '@')]) != 0 {
		return s
	}
	return norm.NFC.String(strings.ToLower(s[:at])) + "@" + CanonicalDomain(s[at+1:])
}

// CanonicalDomain returns the form in which the domains of emails are compared. It does not check the domain.
func CanonicalDomain(domain string) string {
	ascii, err := Domain(domain)
	if err != nil {
		return strings.ToLower(norm.NFC.String(domain))
	}
	return ascii
}

// Domain returns the domain of an email as IDNA A-labels in lower case, or an error if it is not a valid domain name.
func Domain(domain string) (string, error) {
	ascii, err := domainProfile.ToASCII(norm.NFC.String(domain))
	return strings.ToLower(ascii), err
}

var domainProfile = idna.New(idna.MapForLookup(), idna.StrictDomainName(true), idna.VerifyDNSLength(true),
	idna.BidiRule(), idna.ValidateLabels(true))

// Disguised returns the first letter of a local part, as entered, whose lower-case form is a different letter: "İke", or
// "ike" with a Kelvin sign (U+212A) for the k, would become the email of another mailbox. 0 means none.
func Disguised(local string) rune {
	for _, r := range local + norm.NFC.String(local) { // NFC can also produce such a letter
		if r < utf8.RuneSelf {
			continue
		}
		for _, c := range norm.NFC.String(string(r)) {
			low := unicode.ToLower(c)
			if low < utf8.RuneSelf || low != c && unicode.ToUpper(low) != c {
				return r
			}
		}
	}
	return 0
}
