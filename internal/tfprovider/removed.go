package tfprovider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"raff/api/client"
)

// mostLookups is for how many of the objects that turn out to be gone in one run the audit log is asked. Whoever removed
// a thousand members is known after the first few.
const mostLookups = 20

// endings are the last words of actions after which an object is gone.
var endings = []string{".removed", ".deleted", ".revoked", ".cancelled"}

// whoRemoved says, from the audit log, who removed the object with the id and when. It is empty where the log does not
// say so, or the key may not read it.
func (s *session) whoRemoved(ctx context.Context, id string) string {
	id = id[strings.LastIndex(id, "/")+1:] // of a project member, behind that of the project
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
				return fmt.Sprintf(" %q removed it at %s, says the audit log.", nameOr(e.ActorName, e.ActorType), e.CreatedAt.UTC().Format(time.RFC3339))
			}
		}
	}
	return ""
}
