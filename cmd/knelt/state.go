package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
)

// stateLease is how long a change of the state may take.
const stateLease = 30 * time.Second

type stateOptions struct {
	location
	remote
	streams []string
	table   bool
	file    string
}

func (c *cli) stateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Show, set or forget where a connection goes on from",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.stateShow(), c.stateSet(), c.stateClear())
	return cmd
}

func (o *stateOptions) flags(cmd *cobra.Command) {
	o.location.flags(cmd)
	o.remote.flags(cmd)
	cmd.Flags().StringArrayVar(&o.streams, "stream", nil, "only this stream; may be repeated")
}

func (c *cli) stateShow() *cobra.Command {
	var o stateOptions
	cmd := &cobra.Command{
		Use:     "show [CONNECTION]",
		Short:   "Print the state as the source will get it; state set reads it back",
		Example: "  knelt state show -f shop.yaml >state.json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.orFar(cmd, &o.remote, func(ctx context.Context, f *far) error { return f.showState(ctx, &o, first(args)) },
				func() error { return c.withConnection(cmd, &o, first(args), c.openKept, c.showState) })
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.table, "table", false, "print a table")
	return cmd
}

func (c *cli) stateSet() *cobra.Command {
	var o stateOptions
	cmd := &cobra.Command{
		Use:     "set [CONNECTION] --file STATE.json",
		Short:   "Replace the state by that of a file (- reads the standard input)",
		Example: "  knelt state set -f shop.yaml --file state.json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.orFar(cmd, &o.remote, func(ctx context.Context, f *far) error { return f.setState(ctx, &o, first(args)) },
				func() error { return c.withConnection(cmd, &o, first(args), c.open, c.setState) })
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.file, "file", "", "the state file")
	_ = cmd.MarkFlagRequired("file") // fails only for a flag that is not there
	return cmd
}

func (c *cli) stateClear() *cobra.Command {
	var o stateOptions
	cmd := &cobra.Command{
		Use:     "clear [CONNECTION]",
		Short:   "Forget the state: the next sync reads from the beginning (rows stay, see reset)",
		Example: "  knelt state clear -f shop.yaml --stream users",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.orFar(cmd, &o.remote, func(ctx context.Context, f *far) error { return f.clearState(ctx, &o, first(args)) },
				func() error { return c.withConnection(cmd, &o, first(args), c.openKept, c.clearState) })
		},
	}
	o.flags(cmd)
	return cmd
}

// stateWork is a command with the connection and the streams it is for; no
// streams means all.
type stateWork struct {
	*session
	*stateOptions
	connection *connection.Connection
	chosen     []airbyte.Descriptor
}

func (c *cli) withConnection(cmd *cobra.Command, o *stateOptions, name string,
	open func(context.Context, *location) (*session, error), do func(context.Context, *stateWork) error,
) error {
	ctx, release := c.interruptible(cmd.Context())
	defer release()
	s, err := open(ctx, &o.location)
	return using(s, err, func(s *session) error {
		w := &stateWork{session: s, stateOptions: o}
		if w.connection, err = s.set.Connection(o.in(name)); err != nil {
			return err
		}
		if w.chosen, err = s.streams(ctx, w.connection, o.streams); err != nil {
			return err
		}
		return do(ctx, w)
	})
}

// leased does something to the state under the connection's lease, so that no
// sync is running and none begins meanwhile.
func (w *stateWork) leased(ctx context.Context, do func(store.Lease) error) error {
	lease, err := w.store.Acquire(ctx, w.connection.Metadata.Key(), w.engine.Holder, stateLease)
	if err != nil {
		return err
	}
	err = do(lease)
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), stateLease)
	defer cancel()
	return errors.Join(err, lease.Release(release))
}

func (c *cli) clearState(ctx context.Context, w *stateWork) error {
	before, err := w.positions(ctx)
	if err != nil {
		return err
	}
	if err := w.leased(ctx, func(l store.Lease) error { return l.ClearCheckpoint(ctx, w.chosen) }); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s: forgot %s. The next sync reads from the beginning; rows at the destination stay.\n",
		w.connection.Metadata.Key(), report.Plural(int64(len(before)), "state"))
	return nil
}
