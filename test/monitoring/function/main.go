// Command function is the sync function over processes and a store of this
// machine, for whoever wants its figures without a cluster. Its address is printed
// in one line.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"knelt.dev/events"
	"knelt.dev/functions/sync/handler"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector/process"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/host/telemetry"
	"knelt.dev/pkg/observe"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves syncs of the connections in a file, with its home in a folder.
func run(ctx context.Context, file, home string) (err error) {
	end, err := telemetry.Start(ctx, os.Environ(), "sync")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end(context.WithoutCancel(ctx))) }()
	watch, err := observe.New()
	if err != nil {
		return err
	}
	db, err := sqlite.Open(ctx, filepath.Join(home, "knelt.db"), sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	e := &engine.Engine{
		Store: watch.Store(db), Runtime: process.New(process.Config{Root: filepath.Join(home, "run")}), Home: home,
		Holder: store.ProcessHolder(), LeaseTTL: 900 * time.Millisecond,
	}
	h := &handler.Handler{Engine: watch.Engine(e), Connections: documents(file)}
	return serve(ctx, h.Function())
}

func serve(ctx context.Context, f host.Function) error {
	h, err := host.New(host.Default(), f)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return h.ServeOn(ctx, l)
}

// documents is a file of documents.
type documents string

func (f documents) Get(_ context.Context, ref events.Ref) (*events.Documents, error) {
	set, err := connection.Load(string(f))
	if err != nil {
		return nil, err
	}
	c, err := set.Connection(ref.Name)
	if err != nil {
		return nil, err
	}
	d := &events.Documents{Connection: c}
	if d.Source, err = set.SourceOf(c); err != nil {
		return nil, err
	}
	d.Destination, err = set.DestinationOf(c)
	return d, err
}
