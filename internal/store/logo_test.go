package store_test

import (
	"crypto/sha256"
	"testing"

	"raff/internal/store"
	"raff/internal/team"
)

// A logo is found by its hash for as long as some account has it.
func TestLogo(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		other := w.newAccount(t, "Other")
		first, second := sha256.Sum256([]byte("first")), sha256.Sum256([]byte("second"))
		set := func(a team.Account, sum []byte, content string) {
			t.Helper()
			w.do(t, func(tx store.Tx) error { return tx.SetLogo(w.ctx, a.ID, sum, []byte(content)) })
		}
		want := func(sum [32]byte, content string) {
			t.Helper()
			got, err := w.Logo(w.ctx, sum[:])
			if content == "" && !team.IsNotFound(err) || content != "" && (err != nil || string(got) != content) {
				t.Errorf("%q %v, want %q", got, err, content)
			}
		}
		want(first, "")
		set(w.account, first[:], "first")
		set(other, first[:], "first")
		want(first, "first")
		set(w.account, second[:], "second")
		want(first, "first")
		want(second, "second")
		set(other, nil, "")
		want(first, "")
		want(second, "second")
	})
}
