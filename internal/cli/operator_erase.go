package cli

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"raff/api"
	"raff/api/client"
)

func (a *app) operatorPersonErase(o *operatorFlags) *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use:   "erase <email>",
		Short: "Erase a person from all accounts and audit logs",
		Long: `Erase a person: how they sign in, their memberships and invitations in all accounts, and their name, email, network
addresses and browsers in all audit logs, where a pseudonym takes their place. It cannot be undone. API keys whose secret
they were shown are disabled. The Owner of an account cannot be erased: change the Owner first.

The logs are changed in the background; --wait waits until it is done. raffd audit verify still proves everything else.`,
		Example: `raff operator person erase alice@example.com --wait`,
		Args:    args(personArg),
	}
	d := a.addForce(cmd)
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until the audit logs are changed, too")
	cmd.RunE = a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
		if err := d.mayAsk(); err != nil {
			return err
		}
		if err := d.confirm(ctx, "Erase %s from all accounts and audit logs, for good?", args[0]); err != nil {
			return err
		}
		x, err := c.People.Erase(ctx, args[0])
		if err != nil {
			return err
		}
		for removed := x.MembershipsRemoved; wait && x.State == api.ErasureRunning; x.MembershipsRemoved = removed {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
			}
			if x, err = c.People.Erasure(ctx, x.ID); err != nil {
				return err
			}
		}
		return a.writeErasure(x)
	})
	return cmd
}

func (a *app) operatorPersonErasure(o *operatorFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "erasure <id>",
		Short:   "Show how far the erasure of a person got",
		Example: `raff operator person erasure 019…`,
		Args:    args("the id of the erasure"),
		RunE: a.operate(o, func(ctx context.Context, c *client.Operator, args []string) error {
			x, err := c.People.Erasure(ctx, args[0])
			if err != nil {
				return err
			}
			return a.writeErasure(x)
		}),
	}
}

func (a *app) writeErasure(x *api.Erasure) error {
	fields := []field{{"ID", x.ID}, {"Pseudonym", x.Pseudonym}, {"State", x.State}}
	if x.MembershipsRemoved != nil {
		fields = append(fields, field{"Memberships removed", strconv.Itoa(*x.MembershipsRemoved)})
	}
	return writeOne(a, *x, erasureColumns, append(fields, field{"Events erased", strconv.Itoa(x.EventsErased)}, field{"Ordered by", x.OrderedBy}))
}

var erasureColumns = []column[api.Erasure]{
	{"", "id", func(x api.Erasure) string { return x.ID }},
	{"", "pseudonym", func(x api.Erasure) string { return x.Pseudonym }},
	{"", "state", func(x api.Erasure) string { return x.State }},
	{"", "events_erased", func(x api.Erasure) string { return strconv.Itoa(x.EventsErased) }},
}
