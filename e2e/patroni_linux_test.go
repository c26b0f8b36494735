package e2e

import (
	"os"
	"testing"

	"raff/internal/rafftest"
)

// TestPatroniFailover is TestFailover with a cluster that Patroni manages: first the primary's machine loses power, then, when it is
// back as the standby, the primary is switched for maintenance.
func TestPatroniFailover(t *testing.T) {
	if os.Getenv("RAFF_PATRONI") == "" {
		t.Skip("make failover runs it") //nolint:forbidigo // only make failover installs Patroni and etcd
	}
	cluster := rafftest.NewPatroni(t)
	srv := rafftest.Start(t, rafftest.OnDatabase(cluster.URL))
	primary := func() string { return cluster.Primary(t) }
	t.Run("power", func(t *testing.T) {
		writeDuringFailover(t, srv, func(count func() int) (before int) {
			cluster.KillPrimary(t)
			return count()
		}, primary)
		cluster.Rejoin(t)
	})
	t.Run("maintenance", func(t *testing.T) {
		writeDuringFailover(t, srv, func(count func() int) (before int) {
			cluster.Switch(t)
			return count()
		}, primary)
	})
}
