package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/cmd/knelt/internal/serve"
	"knelt.dev/pkg/connection"
)

type serveOptions struct {
	location
	listen, tokens string
	atOnce         int
	verbose        bool
}

func (c *cli) serveCommand() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run everything in one process: API, and the syncs that are asked for",
		Long: `Serve keeps running: it serves the API and runs syncs, with the state and logs of
the home. Files are read again when they change.

On this machine it needs no token. To be reached from elsewhere, or not by every
user of this machine, name a file of tokens (knelt token new).

Ctrl-C, or SIGTERM, ends running syncs gently; a second one at once.`,
		Example: "  knelt serve -f connections/\n  knelt serve -f connections/ --listen :8080 --token-file tokens",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.serve(cmd.Context(), &o) },
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.listen, "listen", "127.0.0.1:8080", "address to listen on")
	cmd.Flags().StringVar(&o.tokens, "token-file", "", "file of tokens; with it everybody needs one")
	cmd.Flags().IntVar(&o.atOnce, "at-once", 4, "so many syncs run at once, others wait")
	cmd.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "log every request")
	return cmd
}

func (c *cli) serve(ctx context.Context, o *serveOptions) error {
	paths, err := o.paths()
	if err != nil {
		return err
	}
	if slices.Contains(paths, "-") {
		return usagef("serve reads files again when they change: name files, not the standard input")
	}
	home, err := o.homeDir(c.getenv)
	if err != nil {
		return err
	}
	s, err := c.openHome(ctx, &connection.Set{}, home)
	return using(s, err, func(s *session) error { return c.serveSession(ctx, o, s, paths) })
}

func (c *cli) serveSession(ctx context.Context, o *serveOptions, s *session, paths []string) error {
	stop, release := c.stoppable(ctx, func(text string) { fmt.Fprintln(c.stderr, text) })
	defer release()
	level := slog.LevelWarn
	if o.verbose {
		level = slog.LevelInfo
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	err := serve.Serve(ctx, serve.Config{
		Listen: o.listen, TokenFile: o.tokens, Paths: paths, Engine: s.engine, Store: s.store, AtOnce: o.atOnce,
		Version: orDevel(info.Main.Version), Log: slog.New(slog.NewTextHandler(c.stderr, &slog.HandlerOptions{Level: level})),
		Listening: func(address string, connections int) {
			fmt.Fprintf(c.stdout, "knelt serves %s at http://%s\n", report.Plural(int64(connections), "connection"), address)
		},
		Drain: stop.drain, Abort: stop.ctx.Done(),
	})
	if errors.As(err, new(*serve.NeedsTokenError)) {
		return usagef("%v", err)
	}
	return err
}
