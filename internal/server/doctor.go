package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"raff/internal/brand"
	"raff/internal/mail"
	"raff/internal/operator"
	"raff/internal/permission"
	"raff/internal/redaction"
	"raff/internal/store"
)

// The results of a check.
const (
	OK      = "ok"
	Warning = "warning" // works, but should be changed
	Problem = "problem" // does not work, or is dangerous
)

// Finding is one result of Doctor.
type Finding struct {
	// Check is what was checked, such as "database".
	Check  string `json:"check"`
	Result string `json:"result"`
	// Message is what was found, and Advice what to do about it; empty for OK.
	Message string `json:"message"`
	Advice  string `json:"advice,omitempty"`
}

// doctorPatience is how long Doctor waits for one mail server, database or web server.
const doctorPatience = 15 * time.Second

// doctor collects findings.
type doctor struct {
	config  Config
	found   []Finding
	wrong   []Finding // of settings that are not valid
	running bool      // a server runs on the database
	// missing is a key that encrypted secrets of authenticator apps, and that the file does not have.
	missing string
}

// Doctor checks an installation without changing it: settings, files, database, catalog, clock, mail server, certificate and
// public URL. It may run beside the server.
func Doctor(ctx context.Context, c Config) []Finding {
	d := &doctor{wrong: c.Invalid()}
	d.found = slices.Clone(d.wrong)
	d.checkListeners(c)
	c.Mode, c.Traces, c.MetricsListen, c.OperatorListen, c.Links, c.Progress = Looking, false, "", "", nil, nil
	d.config = c
	d.checkDatabase(ctx)
	d.checkMachineClock()
	d.checkSealKey()
	d.checkSecretsKey()
	d.checkMail(ctx)
	d.checkCertificate()
	d.checkPublicURL(ctx)
	return d.found
}

func (d *doctor) add(check, result, message, advice string) {
	d.found = append(d.found, Finding{Check: check, Result: result, Message: redaction.Text(message), Advice: redaction.Text(advice)})
}

// invalid reports whether the settings of a check are not valid, so that there is nothing else to check.
func (d *doctor) invalid(check string) bool {
	return slices.ContainsFunc(d.wrong, func(f Finding) bool { return f.Check == check })
}

func (d *doctor) ok(check, message string) { d.add(check, OK, message, "") }

// checkDatabase looks at the database's settings, then at the schema, and if that is current, at what is in it.
func (d *doctor) checkDatabase(ctx context.Context) {
	const check = "database"
	if d.invalid(check) {
		return
	}
	within, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	missing, exists, err := store.Pending(within, d.config.Database)
	if err == nil && !exists {
		d.add(check, Problem, "the database does not exist", "check --database (RAFF_DATABASE_URL); to create a new database, run raffd migrate or raffd serve")
		return
	}
	condition, err2 := store.Inspect(within, d.config.Database)
	if err2 == nil {
		for _, r := range condition.Remarks {
			result := Warning
			if r.Severe {
				result = Problem
			}
			d.add(check, result, r.Message, r.Advice)
		}
	}
	switch {
	case err2 != nil:
		d.add(check, Problem, err2.Error(), "check the URL, the password, and that the database server is running and can be reached from here")
	case err != nil:
		d.add(check, Problem, err.Error(), "use a raffd that is at least as new as the one that migrated the database last, and a role that may read its tables")
	case len(missing) > 0:
		d.add(check, Problem, fmt.Sprintf("%s, but %d migrations have not been run: %s", condition.About, len(missing), strings.Join(missing, ", ")),
			"make a backup, then run raffd migrate, or start raffd serve")
	default:
		d.ok(check, fmt.Sprintf("%s, schema version %d", condition.About, Schema()))
		d.checkContent(within)
	}
}

// checkContent opens the database like a command, which checks the catalog and the seal keys, too.
func (d *doctor) checkContent(ctx context.Context) {
	s := &Server{config: d.config}
	var err error
	if s.store, err = store.Open(ctx, d.config.Database, nil, store.WithLogger(d.config.Logger), store.WithSchema(store.AsIs)); err != nil {
		d.add("database", Problem, err.Error(), "check that the database server is running and accepts more connections; on two roles, run raffd migrate --grant again")
		return
	}
	defer func() { _ = s.store.Close() }()
	if d.invalid("catalog") {
		return
	}
	cat, _, err := s.chooseCatalog(ctx)
	if err != nil {
		d.add("catalog", Problem, err.Error(), "correct the file of --catalog (RAFF_CATALOG), or omit the setting to use the catalog of the database")
		return
	}
	d.ok("catalog", catalogOf(cat))
	keys, err := sealKeys(d.config)
	if err != nil {
		return // a finding about the settings
	}
	if err := s.begin(ctx, keys); err != nil {
		d.add("audit log", Problem, err.Error(), "set seal-key-file (RAFF_SEAL_KEY_FILE) to the file of the servers, with all keys that have ever signed the log")
		return
	}
	secrets, _ := readSecretsKeys(d.config) // an error is a finding about the settings
	if _, d.missing, err = s.secretsKeysInUse(ctx, secrets); err != nil {
		d.add("secrets", Problem, err.Error(), unreadable)
	}
	d.checkClocks(ctx, s)
	d.checkBacklog(ctx, s)
	d.checkStoredURL(ctx, s)
}

func catalogOf(c permission.Source) string {
	if c.IsDefault {
		return "the default catalog"
	}
	return "the catalog of the database"
}

// Differences of clocks above which Doctor complains.
const (
	clockWarning = 2 * time.Second
	clockProblem = 30 * time.Second // codes of authenticator apps change that often
)

// checkClocks compares the machine's clock with the database's, and with what servers wrote.
func (d *doctor) checkClocks(ctx context.Context, s *Server) {
	const check = "clock"
	before := time.Now()
	shown, err := s.store.Now(ctx)
	if err != nil {
		d.add(check, Problem, err.Error(), unreadable)
		return
	}
	took := time.Since(before)
	off := shown.Sub(before.Add(took / 2)).Abs()
	const advice = "synchronize the clocks of both machines (chrony, systemd-timesyncd): servers use the database's clock, also for codes of authenticator apps"
	switch {
	case off > clockProblem+took:
		d.add(check, Problem, fmt.Sprintf("the database's clock differs from this machine's by %s", off.Round(time.Second)), advice)
	case off > clockWarning+took:
		d.add(check, Warning, fmt.Sprintf("the database's clock differs from this machine's by %s", off.Round(time.Millisecond)), advice)
	default:
		d.ok(check, "the database's clock and this machine's agree")
	}
	last, err := s.store.LastHeartbeat(ctx)
	switch ahead := last.Sub(shown); {
	case err != nil || last.IsZero():
	case ahead > operator.DeadAfter:
		d.add(check, Problem, fmt.Sprintf("a server registered itself %s in the future: the database's clock was set back", ahead.Round(time.Second)),
			"check the database's clock; if it is right now, there is nothing else to do")
	default:
		d.running = -ahead < operator.DeadAfter
	}
}

// Ages of waiting work above which Doctor complains.
const (
	mailAge = time.Hour
	sealAge = 15 * time.Minute
	// partitionsAhead is for how long from now audit events should at least have partitions.
	partitionsAhead = 30 * 24 * time.Hour
)

// unreadable is the advice for a database that fails after it was opened.
const unreadable = "the database stopped responding, or refuses this role: look in its log, then run raffd doctor again"

// checkBacklog looks for work that nobody does.
func (d *doctor) checkBacklog(ctx context.Context, s *Server) {
	b, err := s.store.Backlog(ctx)
	if err != nil {
		d.add("database", Problem, err.Error(), unreadable)
		return
	}
	now := s.config.Now()
	if age := now.Sub(b.OldestMail); b.Mails > 0 && age > mailAge {
		d.add("mail", Warning, fmt.Sprintf("%d emails are waiting to be sent, the oldest for %s", b.Mails, age.Round(time.Minute)),
			"raffd outbox list shows why; if there is no mail server, set RAFF_SMTP_URL")
	}
	if n, err := s.store.FailedMails(ctx); err == nil && n > 0 {
		d.add("mail", Warning, fmt.Sprintf("%d emails were given up in the last 7 days", n),
			"raffd outbox list --state failed shows why; after you corrected the cause, send one again with raffd outbox retry")
	}
	if !b.Extended.IsZero() && b.Extended.Before(now.Add(partitionsAhead)) {
		d.add("audit log", Warning, "there are no partitions for audit events after "+b.Extended.UTC().Format(time.DateOnly)+", so that later events share one",
			"run raffd migrate with the role that owns the tables, and look in the log of the servers for failures of the job cleanup")
	}
	if age := now.Sub(b.OldestUnsealed); d.running && !b.OldestUnsealed.IsZero() && age > sealAge {
		d.add("audit log", Problem, fmt.Sprintf("events from %s ago are not sealed", age.Round(time.Minute)), "look in the log of the servers for failures of the job seal")
	}
}

// keyFileAdvice says what to do about a key file that cannot be read.
func keyFileAdvice(err error, setting, create string) string {
	if errors.Is(err, fs.ErrPermission) {
		return "run raffd doctor as the user that runs the server; if it may not read the file either, change the owner: chown raff FILE"
	}
	return "correct " + setting + ": copy the file from another node or from your backup of it; only a new installation needs " + create
}

// checkSealKey checks the keys of the audit log.
func (d *doctor) checkSealKey() {
	const check = "audit log"
	switch {
	case d.invalid(check):
	case d.config.SealKeyFile == "":
		d.add(check, Warning, "events are not signed: anyone who can write to the database can forge them",
			"run raffd seal-key create --file /etc/raff/seal.key, set seal-key-file on every node, then run raffd audit adopt")
	default:
		d.privateFile(check, d.config.SealKeyFile, "signed with the keys in "+d.config.SealKeyFile)
	}
}

// checkSecretsKey checks the keys of authenticator apps.
func (d *doctor) checkSecretsKey() {
	const check = "secrets"
	switch {
	case d.invalid(check):
	case d.missing != "":
		d.add(check, Problem, "the secrets of authenticator apps are encrypted with the key "+d.missing+", without which the server does not start",
			"set --secrets-key-file (RAFF_SECRETS_KEY_FILE) to the file that has it")
	case d.config.SecretsKeyFile == "":
		d.add(check, Warning, "the secrets of authenticator apps are not encrypted: anyone who can read the database or a backup can compute codes",
			"run raffd secrets create-key --file /etc/raff/secrets.key, set secrets-key-file on every node, then run raffd secrets rotate")
	default:
		d.privateFile(check, d.config.SecretsKeyFile, "encrypted with the keys in "+d.config.SecretsKeyFile)
	}
}

// privateFile checks that other users of the machine cannot read a secret.
func (d *doctor) privateFile(check, file, fine string) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		d.add(check, Problem, err.Error(), "check the path, and that the user of the server can read the file")
	case info.Mode().Perm()&0o007 != 0:
		d.add(check, Problem, fmt.Sprintf("every user of this machine can read %s (mode %04o)", file, info.Mode().Perm()), "chmod o-rwx "+file)
	default:
		d.ok(check, fine)
	}
}

// checkMail signs in to the mail server.
func (d *doctor) checkMail(ctx context.Context) {
	const check = "mail"
	if d.config.SMTPURL == "" {
		d.add(check, Warning, "no mail server: the person who invites someone has to send them the link", "set RAFF_SMTP_URL and RAFF_MAIL_FROM")
		return
	}
	config, err := mail.Parse(d.config.SMTPURL, d.config.MailFrom)
	if err != nil {
		return // a finding about the settings
	}
	within, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	if err := mail.NewSMTP(config, brand.Default()).Check(within); err != nil {
		d.add(check, Problem, err.Error(), "check host, port, tls=starttls|tls|none, user and password of RAFF_SMTP_URL, the sender RAFF_MAIL_FROM, and the firewall")
		return
	}
	d.ok(check, fmt.Sprintf("%s accepts emails from %s", config, config.From.Address))
}

// checkListeners warns about listeners without authentication, or with great power, that other machines can reach.
func (d *doctor) checkListeners(c Config) {
	if c.MetricsListen != "" && !local(c.MetricsListen) {
		d.add("listeners", Warning, "metrics and profiles at "+c.MetricsListen+" can be read without a password", "make sure that a firewall lets only your monitoring reach them, or listen on 127.0.0.1")
	}
	d.checkOperatorCertificate(c)
}

// local reports whether an address to listen on is only reachable from this machine.
func local(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
