// Package sdk holds the tests of the Go SDK that need a whole server. The SDK is a module of its own, which must not
// require what the server is made of, even for its tests.
package sdk
