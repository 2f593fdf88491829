package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/synclog"
)

type logsOptions struct {
	location
	remote
	level, grep  string
	origins      []string
	tail         int
	follow, json bool
}

func (c *cli) logsCommand() *cobra.Command {
	var o logsOptions
	cmd := &cobra.Command{
		Use:     "logs [CONNECTION] [SYNC[-ATTEMPT]]",
		Short:   "Show what the engine and both connectors logged; of the newest attempt unless another is named",
		Example: "  knelt logs -f shop.yaml --level warn\n  knelt logs -f shop.yaml shop-to-lake 3-1 --origin source --grep timeout",
		Args:    cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.orFar(cmd, &o.remote, func(ctx context.Context, f *far) error { return f.logs(ctx, &o, args) }, func() error {
				ctx, release := c.interruptible(cmd.Context())
				defer release()
				s, err := c.openKept(ctx, &o.location)
				return using(s, err, func(s *session) error { return c.logs(ctx, s, &o, args) })
			})
		},
	}
	o.location.flags(cmd)
	o.remote.flags(cmd)
	cmd.Flags().StringVar(&o.level, "level", "", "only lines of this level or graver: fatal, error, warn, info, debug, trace")
	cmd.Flags().StringArrayVar(&o.origins, "origin", nil, "only lines of engine, source or destination; may be repeated")
	cmd.Flags().StringVar(&o.grep, "grep", "", "only lines that match this regular expression")
	cmd.Flags().IntVar(&o.tail, "tail", 0, "only the last so many lines")
	cmd.Flags().BoolVar(&o.follow, "follow", false, "go on while the sync runs")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the lines as they are kept, one JSON object a line")
	return cmd
}

// levels from the gravest down.
var levels = []synclog.Level{synclog.Fatal, synclog.Error, synclog.Warn, synclog.Info, synclog.Debug, synclog.Trace}

func (o *logsOptions) query() (q synclog.Query, err error) {
	q = synclog.Query{Tail: o.tail, Follow: o.follow}
	if o.level != "" {
		i := slices.Index(levels, synclog.Level(strings.ToUpper(o.level)))
		if i < 0 {
			return q, usagef("--level %s: there are fatal, error, warn, info, debug and trace", o.level)
		}
		q.Levels = levels[:i+1]
	}
	for _, name := range o.origins {
		origin := synclog.Origin(strings.ToLower(name))
		if !slices.Contains([]synclog.Origin{synclog.Engine, synclog.Source, synclog.Destination}, origin) {
			return q, usagef("--origin %s: there are engine, source and destination", name)
		}
		q.Origins = append(q.Origins, origin)
	}
	if o.grep != "" {
		if q.Grep, err = regexp.Compile(o.grep); err != nil {
			return q, usagef("--grep: %v", err)
		}
	}
	return q, nil
}

func (c *cli) logs(ctx context.Context, s *session, o *logsOptions, args []string) error {
	query, err := o.query()
	if err != nil {
		return err
	}
	conn, id, err := s.target(&o.remote, args)
	if err != nil {
		return err
	}
	name := conn.Metadata.Key()
	r, err := s.record(ctx, name, id)
	if err != nil {
		return err
	}
	if id.attempt == 0 {
		id.attempt = len(r.Attempts)
	}
	dir := synclog.Dir(engine.LogsDir(s.home), name, r.ID, id.attempt)
	err = c.printLog(ctx, dir, query, o.json)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no log of sync %d-%d of %s (any more)", r.ID, id.attempt, name)
	}
	return err
}

// printLog prints a log until its end, or until nobody reads what is printed.
func (c *cli) printLog(ctx context.Context, dir string, query synclog.Query, asJSON bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.stdout.onFailure(cancel)
	encoder := json.NewEncoder(c.stdout)
	encoder.SetEscapeHTML(false)
	for entry, err := range synclog.Read(ctx, dir, query) {
		switch {
		case c.stdout.broken():
			return nil
		case err != nil:
			return err
		case asJSON:
			err = encoder.Encode(entry)
		default:
			_, err = fmt.Fprintln(c.stdout, entryText(entry))
		}
		if err != nil {
			return nil // the writer keeps the error, see output
		}
	}
	return nil
}
