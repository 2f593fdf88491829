package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
)

// syncOptions are those of sync and reset.
type syncOptions struct {
	location
	remote
	connection string
	json       bool
	streams    []string
	reset      bool
	// noWait tells a server's sync not to be waited for.
	noWait bool
}

func (c *cli) syncCommand() *cobra.Command {
	var o syncOptions
	cmd := &cobra.Command{
		Use:   "sync [CONNECTION]",
		Short: "Move the rows of a connection",
		Long: `Sync runs a connection once. It goes on from the state that the last sync left;
what a sync that failed has committed is kept.

The exit code is 0 only if it is proven that every row arrived: see the ledger
that is printed at the end. Ctrl-C stops gently, a second one at once.`,
		Example: "  knelt sync -f shop.yaml\n  knelt sync -f connections/ shop-to-lake --refresh users",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.connection = first(args)
			return c.orFar(cmd, &o.remote, func(ctx context.Context, f *far) error { return f.sync(ctx, &o) },
				func() error { return c.sync(cmd.Context(), &o) })
		},
	}
	o.location.flags(cmd)
	o.remote.flags(cmd)
	cmd.Flags().BoolVar(&o.noWait, "no-wait", false, "with --server: do not wait until it has ended")
	cmd.Flags().BoolVar(&o.json, "json", false, "print events, one JSON object a line, and nothing else")
	cmd.Flags().StringArrayVar(&o.streams, "refresh", nil, "read this stream from the beginning and replace it; may be repeated")
	return cmd
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (c *cli) sync(ctx context.Context, o *syncOptions) error {
	s, err := c.open(ctx, &o.location)
	return using(s, err, func(s *session) error {
		req, err := s.request(o.in(o.connection))
		if err != nil {
			return err
		}
		req.Reset = o.reset
		req.Refresh, err = s.streams(ctx, req.Connection, o.streams)
		if err != nil {
			return err
		}
		return c.runSync(ctx, s, o, req)
	})
}

// request finds a connection and its two ends.
func (s *session) request(name string) (req engine.Request, err error) {
	if req.Connection, err = s.set.Connection(name); err != nil {
		return req, err
	}
	if req.Source, err = s.set.SourceOf(req.Connection); err != nil {
		return req, err
	}
	req.Destination, err = s.set.DestinationOf(req.Connection)
	return req, err
}

func (c *cli) runSync(ctx context.Context, s *session, o *syncOptions, req engine.Request) error {
	subject := report.Subject{
		Connection: req.Connection.Metadata.Key(), Source: req.Source.Metadata.Name, Destination: req.Destination.Metadata.Name,
	}
	reporter := c.reporter(o.json, subject)
	stop, release := c.stoppable(ctx, reporter.Say)
	defer release()
	req.Drain, req.Observe = stop.drain, reporter.Observe
	result, err := s.engine.Sync(stop.ctx, req)
	reporter.Close()
	if err != nil && result.Record.ID == 0 {
		return interrupted(stop, err)
	}
	return errors.Join(c.outcome(o, req.Connection, result), err)
}

// interrupted makes of an error that came of the user's own wish that wish.
func interrupted(s stop, err error) error {
	select {
	case <-s.drain:
		return errInterrupted
	default:
		return err
	}
}

func (c *cli) reporter(json bool, subject report.Subject) report.Reporter {
	switch {
	case json:
		return report.NewEvents(c.stdout, c.stderr)
	case c.terminal != nil:
		return report.NewLive(c.terminal, subject)
	}
	return report.NewLines(c.stdout, c.stderr, subject)
}

// outcome prints the ledger and what became of the sync.
func (c *cli) outcome(o *syncOptions, conn *connection.Connection, r engine.Result) error {
	if r.Mend != nil {
		return r.Mend
	}
	if r.Ledger != nil && !o.json {
		report.Ledger(c.stdout, r.Ledger, c.style)
	}
	v := verdict{options: o, connection: conn.Metadata.Key(), result: r, style: c.style}
	if r.Status() != store.Succeeded {
		v.bad(c.stderr)
		return &endedError{r.Status()}
	}
	if !o.json {
		v.good(c.stdout)
	}
	return nil
}

// streams finds streams by the names that users give: NAME or NAMESPACE.NAME.
// A name that nothing is known of is left to the engine, which asks the source.
func (s *session) streams(ctx context.Context, conn *connection.Connection, names []string) ([]airbyte.Descriptor, error) {
	if len(names) == 0 {
		return nil, nil
	}
	known, err := s.knownStreams(ctx, conn)
	if err != nil {
		return nil, err
	}
	var all []airbyte.Descriptor
	for _, name := range names {
		d, err := findStream(name, known)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}
