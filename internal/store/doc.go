// Package store implements the ports of the domain with SQL on SQLite and PostgreSQL. Both databases use the same query
// texts. There is one file per table; packages sqlite and postgres run the queries and commit the changes.
package store
