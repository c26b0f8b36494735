package postgres

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"raff/internal/redaction"
)

const shape = "use postgres://USER:PASSWORD@HOST:5432/DATABASE, with special characters in the password percent-encoded (@ is %40, / is %2F, ? is %3F, # is %23)"

// parse parses the URL of a PostgreSQL database. Its errors never repeat any part of the URL, because any part
// may belong to the password: an unencoded special character moves the rest of a password into the host, path or query.
// Such URLs are rejected before these parts reach a database or a log.
func parse(text string) (*pgxpool.Config, error) {
	if !unambiguous(text) {
		return nil, errors.New("the database URL cannot be read: " + shape)
	}
	cfg, err := pgxpool.ParseConfig(text)
	if err != nil {
		// The error quotes the URL in backquotes, followed by the reason.
		why := err.Error()
		return nil, fmt.Errorf("the database URL cannot be used%s; %s", redaction.Text(why[strings.LastIndexByte(why, '`')+1:]), shape)
	}
	return cfg, nil
}

// Check returns an error if url cannot be used. It does not connect.
func Check(url string) error {
	_, err := parse(url)
	return err
}

// unambiguous reports whether it is clear where the credentials of a PostgreSQL URL end and which settings it has.
func unambiguous(text string) bool {
	_, rest, ok := strings.Cut(text, "://")
	authority, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	login, host, hasLogin := strings.Cut(authority, "@")
	if !ok || hasLogin && (strings.Contains(host, "@") || strings.Contains(login, "?")) {
		return false
	}
	if !hasLogin {
		host = authority
	}
	before, query, _ := strings.Cut(host+path, "?")
	if strings.ContainsAny(before, "@#") {
		return false
	}
	for setting := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(setting, "=")
		if strings.Trim(name, settingName) != "" {
			return false
		}
	}
	return true
}

const settingName = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."
