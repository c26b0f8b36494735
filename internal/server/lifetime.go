package server

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"raff/internal/store"
)

// Timeouts and limits of a connection. Request bodies are at most 64 KiB, so a slow one is an attack or a bad connection.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	headerBytes   = 32 << 10
	shutdownGrace = 20 * time.Second
)

// Serve serves requests on the listener and runs the background work until ctx ends, then shuts down gracefully.
// Requests that take longer than shutdownGrace, such as an export over a slow connection, are aborted, which the client
// sees as an incomplete response; that is not an error.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	cert, err := newCertificate(s.config)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	return s.serve(ctx, listen(ctx, l, s.config.Logger, cert))
}

func (s *Server) serve(ctx context.Context, d *door) error {
	var background sync.WaitGroup
	if exposed(s.config.PublicURL) {
		s.config.Logger.Warn("the public URL is plain HTTP: passwords and API keys can be read in transit; use https:// with a TLS proxy in front of the server",
			"public_url", s.config.PublicURL)
	}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	if err := s.serveMetrics(working, &background); err != nil {
		stop()
		return errors.Join(err, d.close())
	}
	s.serveOperator(working, s.front, &background)
	s.introduce(d.address)
	if err := s.join(ctx); err != nil {
		stop()
		if ctx.Err() != nil { // stopped before it served
			err = s.store.Leave(context.WithoutCancel(ctx), s.nodes.self.ID)
		}
		return errors.Join(err, d.close())
	}
	s.startWork(working, &background)
	background.Go(func() { s.reloads(working, d.cert, s.operatorCert) })
	d.open(s.handler)
	close(s.serving)
	var err error
	select {
	case err = <-d.failed:
	case <-ctx.Done():
		s.drain()
		err = d.shut(ctx, s.config.Logger)
	}
	stop()
	background.Wait()
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	// Pending refusals become events before the last events are sealed.
	err = errors.Join(err, s.flushUsage(flush), s.operator.FlushActivity(flush), s.signin.RecordRefusals(flush, true), s.store.Leave(flush, s.nodes.self.ID))
	if _, e := s.audit.Seal(flush); e != nil {
		s.config.Logger.Error("sealing the last events failed", "error", e)
	}
	return err
}

// Serving returns a channel that is closed once Serve has started everything and requests reach the API. Until then the
// server answers them itself, or lets them wait.
func (s *Server) Serving() <-chan struct{} { return s.serving }

// join registers this server, and then reads which keys are active: a key that became active before was checked without this server,
// and one that becomes active afterwards is checked with it.
func (s *Server) join(ctx context.Context) error {
	return errors.Join(s.nodes.beat(ctx), s.watchKeys(ctx))
}

// drain makes the server not ready, and waits until load balancers have noticed.
func (s *Server) drain() {
	s.draining.Store(true)
	if s.config.DrainDelay > 0 {
		s.config.Logger.Info("stopping: no longer ready, but still serving", "drain_delay", s.config.DrainDelay)
		time.Sleep(s.config.DrainDelay)
	}
}

// Schema returns the version of the database schema that this program uses.
func Schema() int64 { return store.Schema() }

// Close releases the database and sends the last traces. Serve must have returned.
func (s *Server) Close() error {
	err := s.store.Close()
	if s.operatorListener != nil {
		_ = s.operatorListener.Close() // Serve has usually closed it
	}
	s.closeTraces()
	return err
}
