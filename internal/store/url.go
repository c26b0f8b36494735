package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"raff/internal/redaction"
)

const postgresShape = "use postgres://USER:PASSWORD@HOST:5432/DATABASE, with special characters in the password percent-encoded (@ is %40, / is %2F, ? is %3F, # is %23)"

// parsePostgres reads the URL of a PostgreSQL database. No error repeats it or a part of it, because any part may belong
// to the password: a character that is not encoded moves the rest of a password into host, path or query, so such URLs are
// refused before a database or a log sees those.
func parsePostgres(text string) (*pgxpool.Config, error) {
	if !unambiguous(text) {
		return nil, errors.New("the database URL cannot be read: " + postgresShape)
	}
	cfg, err := pgxpool.ParseConfig(text)
	if err != nil {
		// The error repeats the URL between backquotes and says what is wrong behind it.
		why := err.Error()
		return nil, fmt.Errorf("the database URL cannot be used%s; %s", redaction.Text(why[strings.LastIndexByte(why, '`')+1:]), postgresShape)
	}
	return cfg, nil
}

// unambiguous reports that it is clear where the login of a PostgreSQL URL ends and what its settings are called.
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
