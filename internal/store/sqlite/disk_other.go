//go:build !linux

package sqlite

// diskOf is only known on Linux.
func diskOf(string) (d disk, ok bool) { return d, false }

// writable is only known on Linux.
func writable(string) bool { return true }
