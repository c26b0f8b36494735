package e2e

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
	"raff/internal/signin"
)

// TestVerificationTiming measures whether the time of a verification tells a credential of another account from one that does
// not exist, and prints Welch's t, which is beyond ±4.5 if it does. It fails only if an answer is wrong: times depend on
// the machine. RAFF_TRIALS is the number of calls of each kind (make timing: 10000).
func TestVerificationTiming(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		other := srv.NewAccount(t, "Other", "owner@other.example.com")
		err := srv.Node.SignIn().SetPasswordByLink(t.Context(), signin.NewPassword{Token: rafftest.TokenOf(t, other.OwnerLink), Name: "Other", Password: rafftest.Password})
		if err != nil {
			t.Fatal(err)
		}
		foreign := other.Key
		for path, c := range map[string]struct {
			field, known string
			unknown      func(i int) string
		}{
			"/api/v1/keys/verify":     {"key", foreign, func(i int) string { return foreign[:len(foreign)-8] + fmt.Sprintf("%08x", i) }},
			"/api/v1/sessions/verify": {"token", srv.SignIn(t, "owner@other.example.com"), func(i int) string { return strings.Repeat("A", 35) + fmt.Sprintf("%08x", i) }},
		} {
			var samples [2][]float64
			for i := range 2 * trials(t, 20) {
				kind := rand.IntN(2)
				credential := c.known
				if kind == 1 {
					credential = c.unknown(i)
				}
				began := time.Now()
				r := srv.Do(t, "POST", path, srv.Key, map[string]any{c.field: credential})
				samples[kind] = append(samples[kind], float64(time.Since(began)))
				if r.Status != 200 || r.Data(t)["code"] != "NOT_FOUND" {
					t.Fatalf("%s: %d %s", path, r.Status, r.Body)
				}
			}
			t.Logf("%s: %d calls, t = %.2f", path, len(samples[0])+len(samples[1]), welch(samples[0], samples[1]))
		}
	})
}

// welch returns Welch's t of two samples, each without its slowest tenth, which the machine caused and not the server.
func welch(a, b []float64) float64 {
	ma, va := moments(a)
	mb, vb := moments(b)
	return (ma - mb) / math.Sqrt(va+vb)
}

// moments returns the mean and its variance.
func moments(all []float64) (mean, variance float64) {
	all = slices.Sorted(slices.Values(all))
	all = all[:len(all)-len(all)/10]
	for _, v := range all {
		mean += v / float64(len(all))
	}
	for _, v := range all {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / float64(len(all)-1) / float64(len(all))
}
