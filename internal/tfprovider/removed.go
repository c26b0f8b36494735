package tfprovider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"raff/api/client"
)

// mostLookups is the maximum number of audit log queries per run for removed objects. If someone removed a
// thousand members, the first few are enough to know who it was.
const mostLookups = 20

// endings are the suffixes of actions that remove an object.
var endings = []string{".removed", ".deleted", ".revoked", ".cancelled"}

// whoRemoved says, from the audit log, who removed the object with the ID and when. It is empty if the log does not
// have it, or the API key may not read it.
func (s *session) whoRemoved(ctx context.Context, id string) string {
	id = id[strings.LastIndex(id, "/")+1:] // the ID of a project member follows that of the project
	if id == "" || s.lookups.Add(1) > mostLookups {
		return ""
	}
	page, err := s.client.Audit.List(ctx, client.ListEventsOptions{Target: id, ListOptions: client.ListOptions{Limit: 5}})
	if err != nil {
		return ""
	}
	for _, e := range page.Data {
		for _, ending := range endings {
			if strings.HasSuffix(e.Action, ending) {
				return fmt.Sprintf(" According to the audit log, %q removed it at %s.", nameOr(e.ActorName, e.ActorType), e.CreatedAt.UTC().Format(time.RFC3339))
			}
		}
	}
	return ""
}
