// Package store implements team.Store with SQL on SQLite and PostgreSQL. Both databases use the same query texts. There
// is one file per table; dialect.go holds the differences between the databases, and sqlite.go and postgres.go run
// queries and commit changes.
package store
