// Package team is the domain: who is a member of what, with which role, and who may change that. It does not depend on
// SQL, HTTP or JSON. Service has the operations, grant.go the guard that every path calls that grants access, store.go
// the interface that a database implements, and error.go the errors.
package team
