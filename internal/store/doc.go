// Package store keeps the domain in SQL: it implements team.Store on SQLite and on PostgreSQL with one text for each
// query. There is one file per table. dialect.go says what differs between the databases, sqlite.go and postgres.go
// how each of them runs a query and commits a change.
package store
