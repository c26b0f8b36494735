package server

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"raff/internal/httpapi"
)

// SetLimits reads how fast keys may go, as an operator writes it: "standard=30:60,high=100:200" gives each tier its
// requests per second and the burst, "off" takes all limits away, and nothing means the default.
func (c *Config) SetLimits(text string) error {
	switch text {
	case "":
		return nil
	case "off":
		c.Limits = map[string]httpapi.Limit{}
		return nil
	}
	c.Limits = httpapi.DefaultLimits()
	for part := range strings.SplitSeq(text, ",") {
		tier, limit, _ := strings.Cut(part, "=")
		perSecond, burst, _ := strings.Cut(limit, ":")
		rate, err := strconv.ParseFloat(perSecond, 64)
		n, err2 := strconv.Atoi(burst)
		if _, known := c.Limits[tier]; !known || err != nil || err2 != nil || !(rate > 0) || math.IsInf(rate, 0) || n < 1 {
			return fmt.Errorf("rate limits %q: write them as standard=30:60,high=100:200 (requests per second and burst of each tier), or off", text)
		}
		c.Limits[tier] = httpapi.Limit{PerSecond: rate, Burst: n}
	}
	return nil
}
