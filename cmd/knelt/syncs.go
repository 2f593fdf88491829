package main

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/spf13/cobra"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
)

type syncsOptions struct {
	location
	remote
	limit int
	json  bool
}

func (c *cli) syncsCommand() *cobra.Command {
	var o syncsOptions
	cmd := &cobra.Command{
		Use:     "syncs [CONNECTION] [SYNC]",
		Short:   "List the syncs there were, or show the whole ledger of one",
		Example: "  knelt syncs -f shop.yaml\n  knelt syncs -f shop.yaml shop-to-lake 3",
		Args:    cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.orFar(cmd, &o.remote, func(ctx context.Context, f *far) error { return f.syncs(ctx, &o, args) }, func() error {
				ctx, release := c.interruptible(cmd.Context())
				defer release()
				s, err := c.openKept(ctx, &o.location)
				return using(s, err, func(s *session) error { return c.syncs(ctx, s, &o, args) })
			})
		},
	}
	o.location.flags(cmd)
	o.remote.flags(cmd)
	cmd.Flags().IntVar(&o.limit, "limit", 20, "show so many syncs of each connection, the newest")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the records, one JSON object a line")
	return cmd
}

// words are the flags that name where a sync was found.
func (o *syncsOptions) words() string {
	return o.remote.words() + o.location.words()
}

func (c *cli) syncs(ctx context.Context, s *session, o *syncsOptions, args []string) error {
	if len(args) == 0 && len(s.set.Connections) > 0 {
		return c.listSyncs(ctx, s, o, s.keys(o.namespace))
	}
	conn, id, err := s.target(&o.remote, args)
	if err != nil {
		return err
	}
	if id.sync == 0 {
		return c.listSyncs(ctx, s, o, []string{conn.Metadata.Key()})
	}
	r, err := s.record(ctx, conn.Metadata.Key(), id)
	if err != nil {
		return err
	}
	return c.showSync(o, r)
}

// keys gives the keys of the connections of a namespace, or of all, in order.
func (s *session) keys(namespace string) []string {
	var keys []string
	for _, conn := range s.set.Connections {
		if key := conn.Metadata.Key(); namespace == "" || connection.InNamespace(key, namespace) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func (c *cli) listSyncs(ctx context.Context, s *session, o *syncsOptions, connections []string) error {
	table := newSyncTable()
	for _, name := range connections {
		records, err := s.store.Syncs(ctx, name, 0, o.limit)
		if err != nil {
			return err
		}
		abandoned, err := s.abandoned(ctx, name)
		if err != nil {
			return err
		}
		for _, r := range records {
			if o.json {
				if err := json.NewEncoder(c.stdout).Encode(r); err != nil {
					return nil //nolint:nilerr // the writer keeps the error, see output
				}
				continue
			}
			table.add(r, abandoned)
		}
	}
	if !o.json {
		table.Write(c.stdout)
	}
	return nil
}

// abandoned tells that nobody runs the connection, so that a record that says
// running is of an engine that was killed.
func (s *session) abandoned(ctx context.Context, connection string) (bool, error) {
	info, held, err := s.store.LeaseOf(ctx, connection)
	return !held || info.HandedOver || !store.ProcessAlive(info.Holder), err
}
