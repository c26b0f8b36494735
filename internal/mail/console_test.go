package mail_test

import (
	"bytes"
	"testing"

	"raff/internal/mail"
)

func TestConsole(t *testing.T) {
	in := invitation
	in.AccountName = "Acme\x1b[31m\nInc"
	var out bytes.Buffer
	if err := (mail.Console{W: &out}).Send(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	const want = `
────────────────────────────────────────────────────────────────────────
  Mail to alice@example.com
  Bob (bob@example.com) invites you to Acme [31m Inc, as Admin

  https://team.example.com/invite/fake-token_for-a-test

  Works once, expires on Friday, 9 May 2031, 12:30 UTC.
────────────────────────────────────────────────────────────────────────

`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", out.String(), want)
	}
}
