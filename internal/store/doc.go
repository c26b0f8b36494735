// Package store implements team.Store with SQL, on SQLite and PostgreSQL, with one text for each query. There is one
// file per table. dialect.go has the differences between the databases; sqlite.go and postgres.go run queries and
// commit changes.
package store
