// Package sdk contains the tests of the Go SDK that need a complete server. The SDK is a separate module, which must not
// require the server's dependencies, even for its tests.
package sdk
