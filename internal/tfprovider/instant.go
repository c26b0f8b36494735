package tfprovider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// sameInstant reports whether two timestamps are the same time, in any spelling. The server stores microseconds.
func sameInstant(a, b types.String) bool {
	if a.Equal(b) {
		return true
	}
	x, errX := time.Parse(time.RFC3339, a.ValueString())
	y, errY := time.Parse(time.RFC3339, b.ValueString())
	return errX == nil && errY == nil && x.Truncate(time.Microsecond).Equal(y.Truncate(time.Microsecond))
}

// keepInstant keeps the current spelling, unless the server has a different time.
func keepInstant(mine types.String, server *time.Time) types.String {
	if theirs := timestamp(server); !sameInstant(mine, theirs) {
		return theirs
	}
	return mine
}

type instantValidator struct{}

func (instantValidator) Description(context.Context) string {
	return "must be a time in RFC 3339, such as 2030-01-31T12:00:00Z"
}

func (v instantValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v instantValidator) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) {
		return
	}
	if _, err := time.Parse(time.RFC3339, req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Not a valid time", req.Path.String()+" "+v.Description(ctx)+".")
	}
}
