// Package team is the domain: who is a member of what, through which role, and who may change that. It knows nothing
// of SQL, HTTP or JSON. Service holds the operations, grant.go the one guard every path that hands out access calls,
// store.go the port a database implements, error.go what can go wrong.
package team
