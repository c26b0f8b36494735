package factor_test

import (
	"bytes"
	"testing"
	"time"

	"raff/internal/factor"
	"raff/internal/signin"
)

// rfcSecret and the times below are from RFC 6238, Appendix B; the codes are the last six of its eight digits.
const rfcSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

func TestTOTPStep(t *testing.T) {
	c := factor.New("https://raff.example.com", "raff")
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 2000000000: "279037", 20000000000: "353130"} {
		step, ok := c.TOTPStep(rfcSecret, code, time.Unix(at, 0))
		if !ok || int64(step) != at/30 {
			t.Errorf("at %d: step %d, %v", at, step, ok)
		}
		for _, off := range []int64{-30, 30} {
			if got, ok := c.TOTPStep(rfcSecret, code, time.Unix(at+off, 0)); !ok || got != step {
				t.Errorf("%d seconds off: step %d, %v", off, got, ok)
			}
		}
		if _, ok := c.TOTPStep(rfcSecret, code, time.Unix(at+90, 0)); ok {
			t.Errorf("the code of time %d still works 90 seconds later", at)
		}
	}
	for _, code := range []string{"", "28708", "2870822", "28708a", "-87082"} {
		if _, ok := c.TOTPStep(rfcSecret, code, time.Unix(59, 0)); ok {
			t.Errorf("%q was accepted as a code", code)
		}
	}
}

func TestSecretsDiffer(t *testing.T) {
	c := factor.New("https://raff.example.com", "raff")
	a, err := c.NewTOTP()
	b, err2 := c.NewTOTP()
	if err != nil || err2 != nil || bytes.Equal(a, b) || len(a) != 32 {
		t.Errorf("%q, %q, %v, %v", a, b, err, err2)
	}
}

func TestPasskeysNeedAName(t *testing.T) {
	for url, want := range map[string]bool{
		"https://raff.example.com": true, "http://localhost:8080": true, "http://127.0.0.1:8080": false, "http://[::1]:8080": false, "": false,
	} {
		c := factor.New(url, "raff")
		if c.HasPasskeys() != want {
			t.Errorf("%q: passkeys %v", url, !want)
		}
		if _, _, err := c.BeginRegistration(signin.PasskeyUser{ID: "1", Email: "alice@example.com"}); (err == nil) != want {
			t.Errorf("%q: %v", url, err)
		}
	}
}
