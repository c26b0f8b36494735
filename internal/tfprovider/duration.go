package tfprovider

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// parseDuration is time.ParseDuration that also accepts whole days such as 90d.
func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	d, err := time.ParseDuration(s)
	if err == nil && d < 0 {
		err = errors.New("it is negative")
	}
	return d, err
}

// durationOf is zero for a null or unknown value. Known values have been validated.
func durationOf(v types.String) time.Duration {
	d, _ := parseDuration(v.ValueString())
	return d
}

// durationValidator accepts durations of at least the given minimum.
type durationValidator struct{ atLeast time.Duration }

func (v durationValidator) Description(context.Context) string {
	return "must be a duration of at least " + v.atLeast.String() + ", such as 90d, 36h or 1h30m"
}

func (v durationValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v durationValidator) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) {
		return
	}
	if d, err := parseDuration(req.ConfigValue.ValueString()); err != nil || d < v.atLeast {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid duration", req.Path.String()+" "+v.Description(ctx)+".")
	}
}
