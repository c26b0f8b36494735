package rafftest

import "strings"

// SQLID returns an id as a literal in SQL: SQLite stores its 16 bytes, PostgreSQL has a type for it.
func SQLID(database, id string) string {
	if strings.HasPrefix(database, "sqlite:") {
		return "x'" + strings.ReplaceAll(id, "-", "") + "'"
	}
	return "'" + id + "'"
}
