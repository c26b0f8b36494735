package httpapi

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"raff/api"
	"raff/internal/rest"
	"raff/internal/team"
)

// etagOf is the ETag of a response with one object: its updated_at in quotes. Other responses have none.
func etagOf(v any) (etag string, ok bool) {
	var at api.Time
	switch v := v.(type) {
	case api.Envelope[api.Member]:
		at = v.Data.UpdatedAt
	case api.Envelope[api.ProjectMember]:
		at = v.Data.UpdatedAt
	case api.Envelope[api.Role]:
		at = v.Data.UpdatedAt
	case api.Envelope[api.APIKey]:
		at = v.Data.UpdatedAt
	case api.Envelope[api.APIKeyWithSecret]:
		at = v.Data.UpdatedAt
	case api.Envelope[api.Project]:
		at = v.Data.UpdatedAt
	default:
		return "", false
	}
	return `"` + at.Format(time.RFC3339Nano) + `"`, true
}

// base is the version that a change was made for, from If-Match and updated_at in the body.
func (c *call) base(updatedAt *string) (team.Base, error) {
	base, err := ifMatch(c.Header.Values("If-Match"))
	if err != nil || updatedAt == nil {
		return base, err
	}
	at, err := rest.MomentIn("updated_at", *updatedAt)
	switch {
	case err != nil:
		return nil, err
	case base != nil && !slices.ContainsFunc(base, at.Equal):
		return team.Base{}, nil // the two ask for different versions
	}
	return team.Base{at}, nil
}

// ifMatch parses the header: a list of ETags, or * for any. An unknown ETag matches nothing.
func ifMatch(values []string) (team.Base, error) {
	if len(values) == 0 {
		return nil, nil
	}
	base := team.Base{}
	for tag := range strings.SplitSeq(strings.Join(values, ","), ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" {
			return nil, nil
		}
		if len(tag) < 2 || !strings.HasSuffix(tag, `"`) || !strings.HasPrefix(tag, `"`) && !strings.HasPrefix(tag, `W/"`) {
			return nil, &rest.Refusal{Status: http.StatusBadRequest, Code: "invalid_if_match", Field: "If-Match", Message: `If-Match must be the ETag of an earlier response, unchanged and with its quotes, or *.`}
		}
		if at, err := time.Parse(time.RFC3339Nano, strings.Trim(tag, `"`)); err == nil {
			base = append(base, at)
		}
	}
	return base, nil
}
