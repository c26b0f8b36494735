package metric

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"raff/internal/store"
	"raff/internal/store/engine"
)

// Database is queried when metrics are read.
type Database interface {
	Stats() engine.Stats
	Backlog(context.Context) (store.Backlog, error)
}

// backlogTimeout is how long a scrape waits for the database.
const backlogTimeout = 3 * time.Second

// Watch adds the statistics and the backlog of a database, and the number of nodes, which are read at each scrape.
func (m *Metrics) Watch(db Database, nodes func() int) {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc("raff_"+name, help, nil, nil) }
	m.registry.MustRegister(&state{
		db: db, nodes: nodes,
		inUse:    desc("db_connections_in_use", "Database connections in use."),
		open:     desc("db_connections_open", "Open database connections."),
		most:     desc("db_connections_max", "Maximum number of open database connections."),
		waits:    desc("db_connection_waits_total", "Number of waits for a database connection (PostgreSQL)."),
		waited:   desc("db_connection_wait_seconds_total", "Total time spent waiting for a database connection (PostgreSQL)."),
		wal:      desc("db_wal_bytes", "Size of the write-ahead log (SQLite)."),
		mails:    desc("outbox_mails", "Emails waiting to be sent."),
		oldest:   desc("outbox_oldest_seconds", "Age of the oldest email waiting to be sent; 0 if there is none."),
		unsealed: desc("audit_unsealed_seconds", "Age of the oldest unsealed audit event; 0 if there is none."),
		extended: desc("audit_partitions_ahead_seconds", "For how long from now audit events have partitions of their own (PostgreSQL); +Inf on SQLite, which has none."),
		alive:    desc("nodes", "Servers running on the database."),
		up:       desc("db_up", "1 if the database responded to this scrape, otherwise 0."),
	})
}

type state struct {
	db    Database
	nodes func() int

	inUse, open, most, waits, waited, wal, mails, oldest, unsealed, extended, alive, up *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (s *state) Describe(all chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.inUse, s.open, s.most, s.waits, s.waited, s.wal, s.mails, s.oldest, s.unsealed, s.extended, s.alive, s.up} {
		all <- d
	}
}

// Collect implements prometheus.Collector.
func (s *state) Collect(all chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64) { all <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	stats := s.db.Stats()
	gauge(s.inUse, float64(stats.InUse))
	gauge(s.open, float64(stats.Open))
	gauge(s.most, float64(stats.Max))
	all <- prometheus.MustNewConstMetric(s.waits, prometheus.CounterValue, float64(stats.Waits))
	all <- prometheus.MustNewConstMetric(s.waited, prometheus.CounterValue, stats.Waited.Seconds())
	gauge(s.wal, float64(stats.WALBytes))
	gauge(s.alive, float64(s.nodes()))

	ctx, cancel := context.WithTimeout(context.Background(), backlogTimeout)
	defer cancel()
	b, err := s.db.Backlog(ctx)
	if err != nil {
		gauge(s.up, 0)
		return
	}
	gauge(s.up, 1)
	gauge(s.mails, float64(b.Mails))
	gauge(s.oldest, age(b.OldestMail))
	gauge(s.unsealed, age(b.OldestUnsealed))
	ahead := math.Inf(1)
	if !b.Extended.IsZero() {
		ahead = time.Until(b.Extended).Seconds()
	}
	gauge(s.extended, ahead)
}

// age returns the age of t in seconds; 0 for the zero time.
func age(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(0, time.Since(t).Seconds())
}
