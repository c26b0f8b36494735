package team

import "context"

type slowKey struct{}

// Slow marks the reads of a request or job that may take long, such as an export. They use database connections of their
// own, so that other requests do not wait for them.
func Slow(ctx context.Context) context.Context { return context.WithValue(ctx, slowKey{}, true) }

// IsSlow reports whether the context comes from Slow.
func IsSlow(ctx context.Context) bool { return ctx.Value(slowKey{}) != nil }
