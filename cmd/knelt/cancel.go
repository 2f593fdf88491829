package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"knelt.dev/events"
	"knelt.dev/pkg/store"
)

// cancelFor is how long the wish to end a sync is kept.
const cancelFor = time.Hour

func (c *cli) cancelCommand() *cobra.Command {
	var l location
	var r remote
	cmd := &cobra.Command{
		Use:     "cancel [CONNECTION] [SYNC]",
		Aliases: []string{"stop"},
		Short:   "End a sync that another process runs; what was committed is kept",
		Example: "  knelt cancel -f shop.yaml\n  knelt cancel --server http://127.0.0.1:8080 shop-to-lake 3",
		Args:    cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.orFar(cmd, &r, func(ctx context.Context, f *far) error { return f.cancel(ctx, args) }, func() error {
				ctx, release := c.interruptible(cmd.Context())
				defer release()
				s, err := c.openKept(ctx, &l)
				return using(s, err, func(s *session) error { return c.cancel(ctx, s, &r, args) })
			})
		},
	}
	l.flags(cmd)
	r.flags(cmd)
	return cmd
}

func (c *cli) cancel(ctx context.Context, s *session, r *remote, args []string) error {
	conn, id, err := s.target(r, args)
	if err != nil {
		return err
	}
	name := conn.Metadata.Key()
	record, err := s.record(ctx, name, id)
	if err != nil {
		return err
	}
	if abandoned, err := s.abandoned(ctx, name); err != nil || record.Status != store.Running || abandoned {
		if err == nil {
			err = usagef("sync %d of %s does not run", record.ID, name)
		}
		return err
	}
	if err := s.engine.Cancels.AskCancel(ctx, name, record.ID, cancelFor); err != nil {
		return err
	}
	c.cancelled(events.Ref{Namespace: conn.Metadata.Namespace, Name: conn.Metadata.Name}, record.ID)
	return nil
}

func (c *cli) cancelled(ref events.Ref, id int64) {
	fmt.Fprintf(c.stdout, "%s: sync %d will end within seconds; what the destination has committed is kept.\n", ref, id)
}

func (f *far) cancel(ctx context.Context, args []string) error {
	ref, id, err := f.target(ctx, args)
	if err != nil {
		return err
	}
	if id.sync == 0 {
		if id.sync, err = f.newest(ctx, ref); err != nil {
			return err
		}
	}
	if _, err := f.CancelSync(ctx, ref, id.sync); err != nil {
		return err
	}
	f.cancelled(ref, id.sync)
	return nil
}
