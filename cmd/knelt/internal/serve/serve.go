// Package serve is all of Knelt in one process, for a laptop: documents from
// files, connectors as local programs, the API, and whatever else is mounted.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"knelt.dev/functions/sync/handler"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/api/token"
	"knelt.dev/pkg/ask"
	"knelt.dev/pkg/dashboard"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/scheduler"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/sqlite"
)

// Config of a process.
type Config struct {
	// Listen is the address, "HOST:PORT". Where it is not loopback, TokenFile is
	// needed.
	Listen    string
	TokenFile string
	Paths     []string
	Engine    *engine.Engine
	Store     *sqlite.Store
	// AtOnce is how many syncs run at once.
	AtOnce  int
	Version string
	Log     *slog.Logger
	// Listening is told the address, once.
	Listening func(address string, connections int)
	// Drain and Abort, when closed, end it: gently, and at once.
	Drain, Abort <-chan struct{}
}

// NeedsTokenError says that an address is reachable from elsewhere.
type NeedsTokenError struct{ Listen string }

func (e *NeedsTokenError) Error() string {
	return fmt.Sprintf("%s can be reached from elsewhere: name a file of tokens (--token-file; knelt token new makes one)", e.Listen)
}

// Serve serves until Drain is closed: then nothing new is begun, syncs end
// gently, while the API goes on to tell how; and all ends.
func Serve(ctx context.Context, c Config) error {
	folder, err := NewFolder(c.Log, c.Paths...)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	r := &runs{log: c.Log, seats: make(chan struct{}, max(1, c.AtOnce)), handler: &handler.Handler{
		Engine: c.Engine, Connections: folder, Drain: c.Drain, Abort: c.Abort,
	}}
	plans := &scheduler.Scheduler{Store: c.Store, Documents: planned{folder}, Emit: r, Log: c.Log}
	r.told, r.handler.Sink = plans.Result, starts{plans}
	s, err := c.server(folder, plans, l.Addr().String())
	if err != nil {
		return errors.Join(err, l.Close())
	}
	r.changed = s.Changed
	settings := host.Default()
	settings.Log, settings.DrainTimeout = c.Log, 5*time.Second
	h, err := host.New(settings, s.Function(), host.Function{Name: "dashboard", Routes: dashboard.Routes()})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	read, err := folder.documents()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	c.Listening(l.Addr().String(), len(read.Set.Connections))
	err = c.run(ctx, h, l, r, plans)
	s.Wait()
	return err
}

// run serves until it is to end, and ends in order.
func (c Config) run(ctx context.Context, h *host.Host, l net.Listener, r *runs, plans *scheduler.Scheduler) error {
	ticking, stopTicking := context.WithCancel(ctx)
	defer stopTicking()
	var ticks sync.WaitGroup
	ticks.Go(func() { r.tick(ticking, plans) })
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- h.ServeOn(serving, l) }()
	var failed error
	select {
	case <-c.Drain:
	case <-c.Abort:
	case failed = <-ended:
	}
	stopTicking()
	ticks.Wait()
	r.end()
	stop()
	if failed != nil {
		return failed
	}
	return <-ended
}

func (c Config) server(folder *Folder, plans *scheduler.Scheduler, address string) (*server.Server, error) {
	cfg := server.Config{
		Store: c.Store, Documents: shown{folder}, Plans: server.Planned{Store: c.Store}, Scheduler: server.Scheduled{Scheduler: plans},
		Schemas: c.Engine, Cancels: c.Engine.Cancels, Logs: server.LogFolder(engine.LogsDir(c.Engine.Home)),
		Asker:  ask.Asker{Engine: c.Engine, Resources: folder},
		Holder: store.ProcessHolder(), Version: c.Version,
	}
	if c.TokenFile == "" {
		if !loopback(address) {
			return nil, &NeedsTokenError{c.Listen}
		}
		cfg.Local = []string{address}
		return server.New(cfg)
	}
	tokens, err := token.Open(c.TokenFile)
	if err != nil {
		return nil, err
	}
	cfg.Tokens = tokens
	return server.New(cfg)
}

func loopback(address string) bool {
	a, err := netip.ParseAddrPort(address)
	return err == nil && a.Addr().IsLoopback()
}
