// Package server wires store, domain, API, pages and mail together. No other package imports all of them.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"raff/api"
	"raff/internal/audit"
	"raff/internal/authzen"
	"raff/internal/brand"
	"raff/internal/event"
	"raff/internal/factor"
	"raff/internal/front"
	"raff/internal/httpapi"
	"raff/internal/mail"
	"raff/internal/manual"
	"raff/internal/metric"
	"raff/internal/operator"
	"raff/internal/outbox"
	"raff/internal/password"
	"raff/internal/signin"
	"raff/internal/store"
	"raff/internal/team"
	"raff/internal/trace"
	"raff/internal/version"
	"raff/internal/web"
)

// Mode says what Open may change.
type Mode int

const (
	// Serving is a server: it creates or migrates the database and writes the system roles of its catalog.
	Serving Mode = iota
	// Migrating is the migrate command, which only migrates the database.
	Migrating
	// Starting is the command that creates an account, which can be the first command on a database: it creates the schema
	// in an empty database, but does not migrate an existing one.
	Starting
	// Looking is any other command of the operator. It changes neither the schema nor the catalog.
	Looking
)

// Config is the configuration of a server. Database and PublicURL are required; everything else has a default.
type Config struct {
	// Database is sqlite:PATH or postgres://…
	Database string
	// PublicURL is the URL at which people reach the server, and the base of links in emails.
	PublicURL string
	// SMTPURL is smtp://user:pass@host:port?tls=starttls|tls|none; empty means that no email is sent.
	SMTPURL  string
	MailFrom string
	// Catalog is the path of a file with the operator's permissions and system roles; empty means the default catalog.
	Catalog string
	// Links, if not nil, receives each invitation link as text, on a development server without email.
	Links io.Writer
	// Brand is how the product presents itself on pages and in emails.
	Brand  brand.Settings
	Logger *slog.Logger
	// SealKeyFile is the path of the keys that sign events and seals; empty means that they are not signed.
	SealKeyFile string
	// SecretsKeyFile is the path of the keys that encrypt the secrets of authenticator apps; empty means that they are not
	// encrypted.
	SecretsKeyFile string
	// AccessLog is the level at which each request is logged.
	AccessLog slog.Level
	// Proxies says whose X-Forwarded-For header is trusted.
	Proxies front.Proxies
	// RequestTimeout is the deadline of a request; 0 means front.DefaultTimeout.
	RequestTimeout time.Duration
	// Limits are the rate limits by tier; nil means the defaults, an empty map no limits.
	Limits map[string]front.Limit
	// Quotas are the maximum numbers of things per account or user; zero fields mean team.DefaultQuotas.
	Quotas team.Quotas
	// MailLimits are the limits on sent emails; nil means the default.
	MailLimits *team.MailLimits
	// MetricsListen is a separate address that serves metrics in the Prometheus format, without authentication; empty
	// disables metrics.
	MetricsListen string
	// OperatorListen is a separate address that serves the operator's API; empty disables it.
	OperatorListen string
	// OperatorTLSCert and OperatorTLSKey are the paths of a certificate with its chain, and of its key, for the operator's API; without
	// them, it is plain HTTP. OperatorClientCA is the path of the certificates of the authorities whose clients may connect; empty
	// means that clients need no certificate.
	OperatorTLSCert, OperatorTLSKey, OperatorClientCA string
	// TLSCert and TLSKey are the paths of a certificate with its chain, and of its key, in PEM. Without them the server speaks
	// plain HTTP.
	TLSCert, TLSKey string
	// Reload makes the server read its certificates again; it may be nil.
	Reload <-chan os.Signal
	// DrainDelay is how long a server that was told to stop still serves, while /ready responds with 503, so that load
	// balancers stop sending requests first.
	DrainDelay time.Duration
	// Traces enables traces of requests and transactions, if the OTEL_* environment variables ask for them.
	Traces bool
	// Mode says what Open may change.
	Mode Mode
	// Progress is called while Open migrates the database; it may be nil.
	Progress func(store.Progress)
	// Now is the clock of the server; nil means the database's clock, so that nodes with different clocks agree.
	Now func() time.Time
	// MachineClock measures the time between two reads of the database's clock; nil means time.Now.
	MachineClock func() time.Time
	// Passwords hashes passwords; nil means password.New. Only tests set it.
	Passwords signin.Passwords
}

// Server is one running node.
type Server struct {
	config   Config
	store    *store.DB
	service  *team.Service
	signin   *signin.Service
	audit    *audit.Service
	operator *operator.Service
	outbox   *outbox.Service
	handler  http.Handler
	front    *front.Front
	// operatorListener is nil if the operator's API is not served.
	operatorListener net.Listener
	operatorCert     *certificate // nil: plain HTTP
	brand            brand.Brand
	sender           mail.Sender // nil: the inviter fetches the links
	nodes            *nodes
	jobs             *jobs
	factors          *factor.Checker
	appKeys          factor.Keys // in the order of the file
	sealing          *audit.Ring
	rings            []*keyring
	signing          *keyring    // one of rings
	seenCatalog      string      // the text that watchCatalog saw last
	clock            *clock      // nil: Config.Now
	stale            atomic.Bool // the catalog has changed since the start
	draining         atomic.Bool // the server was told to stop
	serving          chan struct{}
	erased           atomic.Bool // what was erased may still be in SQLite's write-ahead log
	wake             [mailLanes]chan struct{}
	metrics          *metric.Metrics // nil: no metrics
	traces           *trace.Traces   // nil: no traces
}

// Open connects to the database, prepares it according to the mode and wires everything. The caller must Close it.
func Open(ctx context.Context, c Config) (*Server, error) {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	var err error
	if c.PublicURL != "" || c.Mode == Serving {
		if c.PublicURL, err = publicURL(c.PublicURL); err != nil {
			return nil, err
		}
	}
	keys, err := sealKeys(c)
	if err != nil {
		return nil, err
	}
	s := &Server{config: c, serving: make(chan struct{})}
	for lane := range s.wake {
		s.wake[lane] = make(chan struct{}, 1)
	}
	if s.brand, err = brand.New(c.Brand); err != nil {
		return nil, err
	}
	if s.sender, err = sender(c, s.brand); err != nil {
		return nil, err
	}
	schema := map[Mode]store.Schemas{Serving: store.Migrate, Migrating: store.Migrate, Starting: store.Create, Looking: store.AsIs}[c.Mode]
	options := []store.Option{store.WithLogger(c.Logger), store.WithSchema(schema), store.WithProgress(c.Progress)}
	var meter front.Meter
	var tracer front.Tracer
	if s.startTraces(ctx); s.traces != nil {
		options, tracer, c.Logger = append(options, store.WithObserver(s.traces)), s.traces, s.config.Logger
	}
	if c.MetricsListen != "" {
		build := version.Get()
		s.metrics = metric.New(metric.Build{Version: build.Version, Commit: build.Commit, Schema: Schema()})
		options, meter = append(options, store.WithObserver(s.metrics)), s.metrics
	}
	if s.store, err = store.Open(ctx, c.Database, nil, options...); err != nil {
		s.closeTraces()
		return nil, err
	}
	err = s.begin(ctx, keys)
	if err == nil && c.Mode == Migrating {
		err = errors.Join(s.store.ExtendEvents(ctx), s.prepareSearch(ctx))
	}
	if err != nil {
		s.closeTraces()
		return nil, errors.Join(err, s.store.Close())
	}
	c = s.config
	if err := s.listenForOperator(ctx); err != nil {
		s.closeTraces()
		return nil, errors.Join(err, s.store.Close())
	}
	f := front.New(s.service, front.Options{
		Logger: c.Logger, AccessLog: c.AccessLog, Timeout: c.RequestTimeout, Proxies: c.Proxies, PublicURL: c.PublicURL, Limits: c.Limits,
		Nodes: s.nodes.count, Meter: meter, Used: s.operator.Used, Tracer: tracer,
	})
	s.front = f
	if s.metrics != nil {
		s.metrics.Watch(s.store, s.nodes.count)
		s.metrics.Expect(slices.Collect(maps.Keys(front.DefaultLimits()))...)
	}
	rest := f.Handler(httpapi.New(s.service, s.signin, s.audit, f, httpapi.Options{Ping: s.ping, Support: s.brand.Support}))
	s.handler = faces(rest, f.Handler(authzen.New(s.service, f)),
		f.Handler(web.New(s.service, s.signin, s.audit, f, s.brand, web.API{Handler: rest, Operations: sync.OnceValue(operations)})), f.Handler(manual.New(manual.Options{OpenAPI: api.OpenAPI, PublicURL: c.PublicURL})))
	return s, nil
}

// begin reads the operator's settings from the database, and prepares it according to the mode.
func (s *Server) begin(ctx context.Context, keys audit.SealKeys) error {
	cat, apply, err := s.chooseCatalog(ctx)
	if err != nil {
		return err
	}
	s.store.UseCatalog(cat.Catalog)
	s.sealing = audit.NewRing(keys)
	s.store.SignEvents(s.sealing.Sign)
	if err := s.settlePublicURL(ctx); err != nil {
		return err
	}
	mails, err := s.settleMail(ctx)
	if err != nil {
		return err
	}
	if s.appKeys, err = s.secretsKeys(ctx); err != nil {
		return err
	}
	s.jobs = &jobs{}
	s.nodes = newNodes(s.store, s.jobs)
	if s.config.Now == nil {
		if s.clock, err = newClock(ctx, s.store.Now, s.config.MachineClock); err != nil {
			return err
		}
		s.config.Now = s.clock.now
	}
	c := s.config
	s.service = team.New(team.Options{
		Store: store.For[team.Tx](s.store), Catalog: cat.Catalog, Now: c.Now, Quotas: c.Quotas, PublicURL: c.PublicURL,
		MailConfigured: mails == operator.MailSMTP, MailDelivered: mails != "", MailQueued: s.mailQueued, MailLimits: c.MailLimits,
		Confirm: func(ctx context.Context, p *team.Principal, proof team.Proof) error {
			return s.signin.ConfirmPrincipal(ctx, p, proof)
		},
	})
	s.factors = factor.New(c.PublicURL, s.brand.Name)
	if c.Passwords == nil {
		c.Passwords = password.New()
	}
	s.signin = signin.New(signin.Options{
		Store: store.For[signin.Tx](s.store), Team: s.service, Passwords: c.Passwords, SecondFactors: s.factors,
		Product: s.brand.Name, Sessions: c.Quotas.Sessions, Refused: s.signInRefused, MailQueued: s.mailQueued, MailLimits: c.MailLimits,
	})
	s.outbox = outbox.New(store.For[outbox.Tx](s.store), s.service.Now, map[team.MessageKind]outbox.Carrier{
		team.MessageInvitation: s.service.InvitationMail(), team.MessagePassword: s.signin.Mail(), team.MessageCodesStopped: s.signin.Mail(),
		team.MessageNewEmail: s.signin.Mail(), team.MessageNotice: s.service.NoticeMail(),
	})
	s.audit = audit.New(audit.Options{Store: store.For[audit.Tx](s.store), Team: s.service, Keys: s.sealing})
	s.operator = operator.New(operator.Options{
		Store: store.For[operator.Tx](s.store), Team: s.service, SignIn: s.signin, Log: s.audit, Outbox: s.outbox, Jobs: s, MailQueued: s.mailQueued,
	})
	s.jobs.all = s.planned()
	if err := s.audit.CheckKeys(ctx); err != nil {
		return err
	}
	s.signing = s.signingRing()
	s.rings = []*keyring{s.appsRing(), s.sealRing(), s.signing}
	if err := s.watchKeys(ctx); err != nil || c.Mode == Looking {
		return err
	}
	if err := s.settleCatalog(ctx, cat, apply); err != nil {
		return err
	}
	return s.service.Start(ctx)
}

// settlePublicURL stores the public URL of a server, which commands use if none is given.
func (s *Server) settlePublicURL(ctx context.Context) (err error) {
	if s.config.Mode == Serving {
		stored, err := s.store.Setting(ctx, operator.SettingPublicURL)
		if err != nil || stored == s.config.PublicURL {
			return err
		}
		return s.store.SetSetting(ctx, operator.SettingPublicURL, s.config.PublicURL)
	}
	if s.config.PublicURL == "" {
		if s.config.PublicURL, err = s.store.Setting(ctx, operator.SettingPublicURL); err == nil && s.config.PublicURL == "" {
			s.config.PublicURL = unknownURL
		}
	}
	return err
}

// unknownURL is the base of the links that a command prints before it can know the public URL. Nobody can take it for an address that
// works.
const unknownURL = "https://public-url-is-not-set.invalid"

// LinkWarning says what is wrong with the links that this command prints; it is empty if they work.
func (s *Server) LinkWarning() string {
	if s.config.PublicURL != unknownURL {
		return ""
	}
	return "The link does not work yet, because no server has run on this database and --public-url (RAFF_PUBLIC_URL) is not set: replace " +
		unknownURL + " in it with the public URL of the server, such as https://team.example.com."
}

// settleMail stores whether a server sends emails, and returns it. Commands queue emails if the servers send them.
func (s *Server) settleMail(ctx context.Context) (mails string, err error) {
	stored, err := s.store.Setting(ctx, operator.SettingMail)
	if err != nil || s.config.Mode != Serving {
		return stored, err
	}
	switch {
	case s.config.SMTPURL != "":
		mails = operator.MailSMTP
	case s.sender != nil:
		mails = operator.MailConsole
	}
	if mails == stored {
		return mails, nil
	}
	return mails, s.store.SetSetting(ctx, operator.SettingMail, mails)
}

func sender(c Config, b brand.Brand) (mail.Sender, error) {
	if c.SMTPURL != "" {
		config, err := mail.Parse(c.SMTPURL, c.MailFrom)
		if err != nil {
			return nil, fmt.Errorf("read the SMTP settings: %w", err)
		}
		return mail.NewSMTP(config, b), nil
	}
	if c.Links != nil {
		return mail.Console{W: c.Links, Brand: b}, nil
	}
	return nil, nil
}

// signInRefused logs a failed sign-in attempt. It names the user, never the entered email, because people sometimes
// enter their password there.
func (s *Server) signInRefused(ctx context.Context, action event.Action, userID string) {
	s.config.Logger.LogAttrs(ctx, slog.LevelInfo, "sign-in refused",
		slog.String("reason", string(action)), slog.String("user", userID), slog.String("request_id", front.Of(ctx).ID), slog.String("remote", front.Of(ctx).Remote))
	if s.metrics != nil {
		s.metrics.SignInRefused(string(action))
	}
}

// operations are those that pages can call.
func operations() (all []web.Operation) {
	found, err := manual.Operations(api.OpenAPI)
	if err != nil {
		panic(err) // the description is part of the program
	}
	for _, o := range found {
		to := web.Operation{ID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary, Body: o.Body}
		for _, a := range o.Parameters {
			to.Parameters = append(to.Parameters, web.Parameter(a))
		}
		all = append(all, to)
	}
	return all
}

// faces sends each request to the face that serves its path.
func faces(api, decisions, pages, documentation http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if httpapi.Answers(r.URL.Path) {
			api.ServeHTTP(w, r)
			return
		}
		if authzen.Answers(r.URL.Path) {
			decisions.ServeHTTP(w, r)
			return
		}
		if manual.Answers(r.URL.Path) {
			documentation.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// PublicURL returns the public URL of the server, in the form of a browser's Origin.
func (s *Server) PublicURL() string { return s.config.PublicURL }

// Database names the database system and its version, such as "PostgreSQL 17.2".
func (s *Server) Database() string { return s.store.About() }

// Service returns the domain service of this node, for the operator's commands and for tests.
func (s *Server) Service() *team.Service { return s.service }

// Audit returns the audit log of this node, for the operator's commands and for tests.
func (s *Server) Audit() *audit.Service { return s.audit }

// SignIn returns the sign-in service of this node, for the operator's commands and for tests.
func (s *Server) SignIn() *signin.Service { return s.signin }

// Operator returns what only the operator does, for tests.
func (s *Server) Operator() *operator.Service { return s.operator }

// Nodes returns the number of servers running on the database, as known to this one.
func (s *Server) Nodes() int { return s.nodes.count() }

func (s *Server) mailQueued() {
	for _, wake := range s.wake {
		select {
		case wake <- struct{}{}:
		default: // the worker has already been woken
		}
	}
}
