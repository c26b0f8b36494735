package password

import "strings"

// words are the parts of common passwords. A password made of nothing else is easy to guess, however long it is. Longer
// words precede their prefixes, so that the longest match is found first.
var words = strings.Fields(`
	passwords password passwort passw0rd p@ssw0rd p@ssword pass welcome1 welcome willkommen administrator admin root
	letmein iloveyou loveyou love monkey dragon football baseball superman batman princess sunshine shadow master
	michael charlie jordan trustno1 starwars whatever hello world secret changeme change default login access test
	guest user server computer internet google facebook spring summer autumn winter january february march april june
	july august september october november december monday friday sunday company corporate temporary temp demo raff
	qwertyuiop qwertzuiop qwerty qwertz azerty asdfghjkl asdf zxcvbnm zxcv yxcvbnm 1q2w3e4r5t6y 1q2w3e4r 1qaz2wsx
	abcdefghijklmnopqrstuvwxyz abcdefgh abcd abc 1234567890 123456789 12345678 1234567 123456 12345 1234 123
	0987654321 987654321 87654321 7654321 654321 54321 4321 321 correct horse battery staple
	this is my the a i you me your our new old for and in to`)

// guessable reports whether a password has few different characters, repeats one short piece, consists only of common
// words, years and punctuation, or is mostly the user's own email or name.
func guessable(password, email, name string) bool {
	p := strings.ToLower(password)
	if distinct(p) < 5 || repeats(p) {
		return true
	}
	own := append(strings.FieldsFunc(strings.ToLower(email+" "+name), func(r rune) bool {
		return strings.ContainsRune(" @.+-_", r)
	}), words...)
	return covered(p, own)
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// repeats reports whether s is one piece of up to 6 bytes, repeated.
func repeats(s string) bool {
	for n := 1; n <= 6 && n*2 <= len(s); n++ {
		if strings.HasPrefix(strings.Repeat(s[:n], len(s)/n+1), s) {
			return true
		}
	}
	return false
}

// covered reports whether pieces, digits and punctuation make up all of s except at most 3 bytes.
func covered(s string, pieces []string) bool {
	// left[i] is the smallest number of unexplained bytes in s[:i].
	left := make([]int, len(s)+1)
	for i := 1; i <= len(s); i++ {
		left[i] = left[i-1]
		if c := s[i-1]; c >= 'a' && c <= 'z' || c >= 0x80 {
			left[i]++
		}
		for _, w := range pieces {
			if len(w) > 2 && strings.HasSuffix(s[:i], w) {
				left[i] = min(left[i], left[i-len(w)])
			}
		}
	}
	return left[len(s)] <= 3
}
