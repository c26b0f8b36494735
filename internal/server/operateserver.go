package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"raff/internal/operator"
	"raff/internal/outbox"
	"raff/internal/team"
)

// PrintNodes lists the servers on the database.
func (s *Server) PrintNodes(ctx context.Context, w io.Writer) error {
	nodes, err := s.operator.Nodes(ctx)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tHOST\tADDRESS\tVERSION\tRUNS\tALIVE\tSTARTED\tLAST SEEN")
	for _, n := range nodes {
		alive := map[bool]string{true: "yes", false: "no"}[n.Alive]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", n.ID, n.Host, n.Address, n.Version, strings.Join(n.Runs, ","), alive, moment(n.StartedAt), moment(n.SeenAt))
	}
	return t.Flush()
}

// ForgetNode removes a server that no longer runs from the list, and returns its host.
func (s *Server) ForgetNode(ctx context.Context, id string) (string, error) {
	n, err := s.operator.ForgetNode(ctx, operator.Program, id)
	return n.Host, err
}

// PrintJobs lists the background jobs of the servers that run.
func (s *Server) PrintJobs(ctx context.Context, w io.Writer, name string) error {
	found, err := s.operator.JobsOf(ctx, "", name)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tHOST\tNODE\tLAST RUN\tRESULT\tNEXT RUN")
	for _, j := range found {
		next := "now"
		if !j.NextAt.IsZero() {
			next = moment(j.NextAt)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", j.Name, j.Host, j.NodeID, moment(j.EndedAt), resultOf(j.Job), next)
	}
	return t.Flush()
}

func resultOf(j operator.Job) string {
	switch {
	case j.EndedAt.IsZero():
		return ""
	case j.Error != "":
		return "failed: " + j.Error
	}
	return "ok"
}

// RunJobNow runs a background job in this program.
func (s *Server) RunJobNow(ctx context.Context, w io.Writer, name string) error {
	j, err := s.operator.RunJob(ctx, operator.Program, name)
	switch {
	case team.IsNotFound(err):
		return fmt.Errorf("there is no job %q: the jobs that can be run are seal, removal and cleanup", name)
	case err != nil:
		return err
	case j.Error != "":
		return fmt.Errorf("the job %s failed: %s", name, j.Error)
	}
	_, err = fmt.Fprintf(w, "Ran %s in %s.\n", name, j.EndedAt.Sub(j.StartedAt).Round(time.Millisecond))
	return err
}

// mailsAtOnce is how many emails PrintMails reads at once.
const mailsAtOnce = 500

// PrintMails lists the emails that wait to be sent or were given up, newest first.
func (s *Server) PrintMails(ctx context.Context, w io.Writer, accountID, state string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tEMAIL\tTO\tACCOUNT\tSTATE\tATTEMPTS\tNEXT\tREASON")
	f := outbox.Filter{AccountID: accountID, State: outbox.State(state), Page: team.Page{Limit: mailsAtOnce, SkipTotal: true}}
	for {
		found, _, err := s.operator.Mails(ctx, f)
		if err != nil {
			return err
		}
		for _, e := range found {
			next := "never"
			if e.FailedAt.IsZero() {
				next = moment(e.NextAt)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", e.ID, e.Kind, e.To, e.AccountName, e.State(), e.Attempts, next, e.LastError)
		}
		if len(found) < mailsAtOnce {
			return t.Flush()
		}
		last := found[len(found)-1]
		f.After = &team.Cursor{At: last.CreatedAt, ID: last.ID}
	}
}

// RetryMail makes an email due now, and returns its address.
func (s *Server) RetryMail(ctx context.Context, id string) (to string, err error) {
	e, err := s.operator.RetryMail(ctx, operator.Program, id)
	return e.To, err
}

// CancelMail removes an email, and returns its address.
func (s *Server) CancelMail(ctx context.Context, id string) (to string, err error) {
	e, err := s.operator.CancelMail(ctx, operator.Program, id)
	return e.To, err
}

// PrintCatalog prints the catalog of the database.
func (s *Server) PrintCatalog(ctx context.Context, w io.Writer) error {
	now, err := s.operator.Catalog(ctx)
	if err != nil {
		return err
	}
	if now.Text == "" {
		return errors.New("the database has no catalog yet: the first server stores it")
	}
	_, err = io.WriteString(w, now.Text)
	return err
}
