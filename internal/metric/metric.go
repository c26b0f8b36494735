// Package metric collects the server's metrics for Prometheus. Its types satisfy the observer interfaces of the front,
// the store and the background work, so that those packages do not depend on Prometheus.
package metric

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"raff/internal/store/engine"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the metrics of one server. They are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	limited   *prometheus.CounterVec
	refused   *prometheus.CounterVec

	transactions *prometheus.CounterVec
	transaction  prometheus.Histogram
	lockWait     prometheus.Histogram
	retries      *prometheus.CounterVec
	batch        prometheus.Histogram

	jobs        *prometheus.HistogramVec
	jobFailures *prometheus.CounterVec
	jobSuccess  *prometheus.GaugeVec
	mails       *prometheus.CounterVec
	certificate prometheus.Gauge
}

// Build identifies the server's build.
type Build struct {
	Version, Commit string
	Schema          int64
}

var (
	// requestBuckets range from a cached read to the default deadline, in seconds.
	requestBuckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	waitBuckets    = []float64{.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5}
	jobBuckets     = []float64{.001, .01, .1, .5, 1, 5, 15, 60, 300}
	batchBuckets   = []float64{1, 2, 4, 8, 16, 32, 64}
)

// New returns the metrics of a server, including those of the Go runtime and the process.
func New(b Build) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "raff_" + name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: "raff_" + name, Help: help, Buckets: buckets})
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("http_requests_total", "Requests handled, by face, method, route and status.", "face", "method", "route", "status"),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "raff_http_request_duration_seconds", Help: "Time to handle a request.", Buckets: requestBuckets,
		}, []string{"face", "method", "route"}),
		limited: counter("rate_limited_total", "Requests refused by a rate limit, by name of the limit.", "limit"),
		refused: counter("sign_in_refusals_total", "Refused sign-in attempts, by reason.", "reason"),

		transactions: counter("db_transactions_total", "Write transactions, by outcome: committed or rolled_back. Refused requests count as rolled_back.", "outcome"),
		transaction:  histogram("db_transaction_duration_seconds", "Duration of a write transaction, including retries and the commit.", requestBuckets),
		lockWait:     histogram("db_lock_wait_seconds", "Time a write transaction waited: for the SQLite writer, or for the lock of the account including its round trip.", waitBuckets),
		retries:      counter("db_retries_total", "Transactions that PostgreSQL aborted and that were retried, by SQLSTATE.", "sqlstate"),
		batch:        histogram("db_batch_changes", "Write transactions per SQLite commit.", batchBuckets),

		jobs: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "raff_job_duration_seconds", Help: "Duration of one run of a background job.", Buckets: jobBuckets,
		}, []string{"job"}),
		jobFailures: counter("job_failures_total", "Background job runs that failed.", "job"),
		jobSuccess: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "raff_job_last_success_timestamp_seconds", Help: "Time of the last successful run of a background job, in Unix time.",
		}, []string{"job"}),
		mails: counter("mails_total", "Attempts to send an email, by outcome: sent, failed.", "outcome"),
		certificate: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "raff_tls_certificate_expires_timestamp_seconds", Help: "End of the validity of the server's certificate, in Unix time; only with --tls-cert.",
		}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "raff_build_info", Help: "1, with the version, the commit and the database schema of the server as labels.",
		ConstLabels: prometheus.Labels{"version": b.Version, "commit": b.Commit, "schema": strconv.FormatInt(b.Schema, 10)},
	})
	info.Set(1)
	m.registry.MustRegister(info, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.durations, m.limited, m.refused, m.transactions, m.transaction, m.lockWait, m.retries, m.batch,
		m.jobs, m.jobFailures, m.jobSuccess, m.mails)
	// Counters that exist from the start, so that an alert sees their first increase.
	for _, outcome := range []string{mailSent, mailFailed} {
		m.mails.WithLabelValues(outcome)
	}
	for _, outcome := range []string{committed, rolledBack} {
		m.transactions.WithLabelValues(outcome)
	}
	for _, sqlstate := range []string{"40001", "40P01", "55P03"} { // serialization failure, deadlock, lock timeout
		m.retries.WithLabelValues(sqlstate)
	}
	return m
}

const (
	mailSent, mailFailed  = "sent", "failed"
	committed, rolledBack = "committed", "rolled_back"
)

// Expect creates the counters of rate limits with these names.
func (m *Metrics) Expect(limits ...string) {
	for _, name := range limits {
		m.limited.WithLabelValues(name)
	}
}

// Handler serves the metrics in the Prometheus text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Request counts a completed request; see front.Meter.
func (m *Metrics) Request(face, method, route string, status int, took time.Duration) {
	switch method { // clients can send any method
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(face, method, route, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(face, method, route).Observe(took.Seconds())
}

// Limited counts a request that exceeded a limit; see front.Meter.
func (m *Metrics) Limited(kind string) { m.limited.WithLabelValues(kind).Inc() }

// SignInRefused counts a failed sign-in attempt.
func (m *Metrics) SignInRefused(reason string) { m.refused.WithLabelValues(reason).Inc() }

// Transaction counts a database transaction; see engine.Observer.
func (m *Metrics) Transaction(_ context.Context, c engine.Change) {
	outcome := committed
	if c.Err != nil {
		outcome = rolledBack
	}
	m.transactions.WithLabelValues(outcome).Inc()
	m.transaction.Observe(c.Ended.Sub(c.Began).Seconds())
	if c.LockWait > 0 {
		m.lockWait.Observe(c.LockWait.Seconds())
	}
	for _, sqlstate := range c.Retries {
		m.retries.WithLabelValues(sqlstate).Inc()
	}
}

// Batch records how many changes were committed together; see engine.Observer.
func (m *Metrics) Batch(changes int) { m.batch.Observe(float64(changes)) }

// Job counts a run of a background job.
func (m *Metrics) Job(name string, began time.Time, err error) {
	m.jobs.WithLabelValues(name).Observe(time.Since(began).Seconds())
	failures := m.jobFailures.WithLabelValues(name) // also if there are none
	if err != nil {
		failures.Inc()
		return
	}
	m.jobSuccess.WithLabelValues(name).SetToCurrentTime()
}

// Mail counts an attempt to send an email.
func (m *Metrics) Mail(err error) {
	outcome := mailSent
	if err != nil {
		outcome = mailFailed
	}
	m.mails.WithLabelValues(outcome).Inc()
}

// CertificateExpires records until when the server's certificate is valid.
func (m *Metrics) CertificateExpires(t time.Time) {
	_ = m.registry.Register(m.certificate) // fails if it was registered before
	m.certificate.Set(float64(t.Unix()))
}
