package redaction_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"

	"raff/internal/redaction"
)

func TestTextHidesSecrets(t *testing.T) {
	for _, in := range []string{
		"postgres://raff:S3CRET@db/raff",
		"POSTGRESQL://raff:S3CRET@db/raff",
		"postgres://raff:S3@CRET@db/raff",
		"postgres://raff:pa/S3CRET/x@db/raff",
		"postgres://raff:pa?S3CRET#x@db/raff",
		"postgres:/raff:S3CRET@db/raff",
		"postgres://db/raff?user=raff&password=S3CRET&sslmode=disable",
		"postgres://db/raff?sslpassword=S3CRET",
		"host=db user=raff password=S3CRET dbname=raff",
		"host=db password = S3CRET dbname=raff",
		"host=db password='S3CRET with a space' dbname=raff",
		`host=db password='S3\'CRET' dbname=raff`,
		"smtp://raff:S3CRET@mail.example.com:587",
		"smtp://mail.example.com?username=raff&password=S3CRET",
		"parse \"postgres://raff:S3CRET@db/raff\": invalid port",
		"PGPASSWORD=S3CRET raffd serve",
		`{"password": "S3CRET with \" a quote"}`,
		"https://team.example.com/invite/S3CRETS3CRETS3CRET_-x",
		"https://team.example.com/password/S3CRETS3CRETS3CRET_-x",
		"X-API-Key: S3CRET",
		"unknown command \"postgres://raff:S3CRET@db/raff\" for \"raffd serve\"",
	} {
		if got := redaction.Text(in); strings.Contains(got, "S3") || strings.Contains(got, "CRET") {
			t.Errorf("%s: the secret is visible: %s", in, got)
		}
	}
	if got := redaction.Text("the key raff_0123456789abcdef0123 is revoked"); got != "the key raff_[hidden] is revoked" {
		t.Error(got)
	}
}

func TestTextLeavesTheRest(t *testing.T) {
	for _, in := range []string{
		"listen on 127.0.0.1:8080: address already in use",
		"failed to connect to `user=raff database=raff`: 127.0.0.1:5432 (127.0.0.1): dial error: connection refused",
		`password authentication failed for user "raff"`,
		"write to alice@example.com",
		"https://team.example.com/members?q=a",
		"write smtp://user:password@host:port or postgres://USER:PASSWORD@HOST:5432/DATABASE",
		"sqlite:/var/lib/raff/raff.db",
	} {
		if got := redaction.Text(in); got != in {
			t.Errorf("%s became %s", in, got)
		}
	}
}

func TestErrorStillUnwraps(t *testing.T) {
	err := redaction.Error(fmt.Errorf("open postgres://u:S3CRET@h/d: %w", fs.ErrNotExist))
	if !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "S3CRET") {
		t.Error(err)
	}
	if redaction.Error(nil) != nil {
		t.Error("nil became an error")
	}
}

func TestLogLines(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: redaction.Attr}))
	log.Error("cannot open postgres://u:S3CRET@h/d", "error", errors.New("password=S3CRET"), slog.Group("db", "url", "postgres://u:S3CRET@h/d"))
	if strings.Contains(out.String(), "S3CRET") {
		t.Error(out.String())
	}
}
