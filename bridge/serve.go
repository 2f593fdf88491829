//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"knelt.dev/bridge/podfiles"
	"knelt.dev/bridge/secure"
	"knelt.dev/bridge/sidecar"
	"knelt.dev/pkg/store/redis"
)

// heapSlack is by how much of itself, in percent, the heap grows between two
// collections. Most of it is the outputs' windows, in which there is nothing to
// look for: to collect often is cheap, to keep garbage as large as a window is
// not, in a container whose memory is bounded.
const heapSlack = 20

// processors is how many processors a sidecar uses at once. A gigabyte takes it
// less than a second of one; with two, measured in turns, the same bytes took 6 to
// 10 percent more of the time that the connector beside it could use.
const processors = 1

// serving is what bridge serve was told.
type serving struct {
	sidecar.Config
	listen, health, termination string
	alone                       bool
	seedFile, storeFile, store  string
}

const serveUsage = `usage: bridge serve [flags]

The sidecar beside a connector. Each flag may be given as a variable instead:
--seed-file as KNELT_BRIDGE_SEED_FILE, and so on.

The address of the store may hold a password, so it is no flag: it comes from
KNELT_BRIDGE_STORE, or from the file that --store-file names.

`

// serve is the command "bridge serve".
func serve(args []string) int {
	c, err := parseServe(args, os.Getenv, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bridge serve:", err)
		return 2
	}
	debug.SetGCPercent(heapSlack)
	runtime.GOMAXPROCS(processors)
	c.Log = slog.New(slog.NewJSONHandler(os.Stderr, nil)).With("connection", c.Connection, "sync", c.Sync)
	if err := c.run(); err != nil {
		c.Log.Error("the sidecar ends", "error", err)
		if err := leaveWord(c.termination, err); err != nil {
			c.Log.Warn("the reason cannot be left for Kubernetes", "error", err)
		}
		return 1
	}
	c.Log.Info("the sidecar ends: all is done")
	return 0
}

// parseServe reads flags and variables.
func parseServe(args []string, getenv func(string) string, log io.Writer) (*serving, error) {
	c := &serving{store: getenv("KNELT_BRIDGE_STORE")}
	f := flag.NewFlagSet("bridge serve", flag.ContinueOnError)
	f.SetOutput(log)
	f.Usage = func() { _, _ = fmt.Fprint(log, serveUsage); f.PrintDefaults() }
	f.StringVar(&c.listen, "listen", ":7070", "`address` for relays")
	f.StringVar(&c.health, "health", ":7071", "`address` for probes: /healthz, /readyz; empty for none")
	f.StringVar(&c.termination, "termination-log", "/dev/termination-log", "`file` for the reason of a failure; empty for none")
	f.StringVar(&c.seedFile, "seed-file", "", "`file` with the pod's seed: 64 hexadecimal digits")
	f.StringVar(&c.storeFile, "store-file", "", "`file` with the address of the store")
	f.BoolVar(&c.alone, "alone", false, "watch no lease: the pod lives while a relay is attached, and for --lease-ttl without one")
	f.StringVar(&c.Connection, "connection", "", "`name` of the connection")
	f.Int64Var(&c.Sync, "sync", 0, "`id` of the sync")
	f.StringVar((*string)(&c.Dir), "dir", "/bridge", "`directory` shared with the launcher, absolute and the same in both containers")
	f.DurationVar(&c.TTL, "lease-ttl", 15*time.Second, "how long the connection's lease lives; it is read every third of it")
	f.DurationVar(&c.Absence, "lease-absence", 0, "how long nobody may hold the lease (default: half its TTL)")
	f.DurationVar(&c.Grace, "grace", 10*time.Second, "between SIGTERM and SIGKILL of the connector when the lease is lost")
	f.Int64Var(&c.Window, "window", 64<<20, "`bytes` of stdout to keep for relays")
	f.Int64Var(&c.ErrWindow, "stderr-window", 1<<20, "`bytes` of stderr to keep for relays")
	if err := fromEnvironment(f, getenv); err != nil {
		return nil, err
	}
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("%q is no flag", f.Arg(0))
	}
	return c, c.complete()
}

// fromEnvironment makes the variables the flags' defaults.
func fromEnvironment(f *flag.FlagSet, getenv func(string) string) error {
	var err error
	f.VisitAll(func(one *flag.Flag) {
		name := "KNELT_BRIDGE_" + strings.ToUpper(strings.ReplaceAll(one.Name, "-", "_"))
		if value := getenv(name); value != "" {
			if set := f.Set(one.Name, value); set != nil {
				err = errors.Join(err, fmt.Errorf("the variable %s: %w", name, set))
			}
		}
	})
	return err
}

// complete reads the files and sees that nothing is missing.
func (c *serving) complete() error {
	if c.Connection == "" || c.Sync <= 0 || c.seedFile == "" {
		return errors.New("--connection, --sync (at least 1) and --seed-file are needed")
	}
	if c.alone && (c.store != "" || c.storeFile != "") {
		return errors.New("--alone watches no lease, so the address of a store (KNELT_BRIDGE_STORE, --store-file) must not be given")
	}
	if !filepath.IsAbs(string(c.Dir)) {
		return fmt.Errorf("--dir %q must be absolute, for the connector is told the same path", string(c.Dir))
	}
	c.Dir = podfiles.Dir(filepath.Clean(string(c.Dir)))
	text, err := os.ReadFile(c.seedFile)
	if err != nil {
		return fmt.Errorf("reading the pod's seed: %w", err)
	}
	if c.Seed, err = secure.ParsePodSeed(string(text)); err != nil {
		return fmt.Errorf("%s: %w", c.seedFile, err)
	}
	if c.alone {
		return nil
	}
	if c.storeFile != "" {
		text, err := os.ReadFile(c.storeFile)
		if err != nil {
			return fmt.Errorf("reading the store's address: %w", err)
		}
		c.store = strings.TrimSpace(string(text))
	}
	if c.store == "" {
		return errors.New("the store's address is needed, as KNELT_BRIDGE_STORE or in --store-file")
	}
	return nil
}

// watched gives the lease to watch, and how to stop that.
func (c *serving) watched() (sidecar.Lease, io.Closer) {
	if c.alone {
		return sidecar.Alone{}, io.NopCloser(nil)
	}
	lease := sidecar.NewStoreLease(c.Connection, func(ctx context.Context) (sidecar.LeaseReader, error) {
		return redis.Open(ctx, c.store, redis.Options{})
	})
	return lease, lease
}

// run serves until the sidecar ends.
func (c *serving) run() error {
	lease, held := c.watched()
	defer held.Close() //nolint:errcheck // it was only read
	c.Lease = lease
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", c.listen)
	if err != nil {
		return fmt.Errorf("listening for relays: %w", err)
	}
	b, err := sidecar.New(c.Config)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	probes, endProbes, err := serveHealth(c.health)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer endProbes()
	ctx, cancel := stopOnSignals(b)
	defer cancel()
	c.Log.Info("listening for relays", "address", l.Addr().String(), "health", probes, "alone", c.alone, "dir", string(c.Dir))
	return b.Run(ctx, l)
}

// stopOnSignals has a first SIGTERM end the connector in order, which leaves its
// last bytes and its exit to the relay, and a second one everything.
func stopOnSignals(b *sidecar.Sidecar) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		select {
		case <-signals:
			go b.Stop(ctx)
		case <-ctx.Done():
			return
		}
		select {
		case s := <-signals:
			cancel(fmt.Errorf("a second signal came (%s)", s))
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}

// leaveWord writes the reason where Kubernetes looks for it. It reads at most
// 4 KiB.
func leaveWord(path string, reason error) error {
	if path == "" {
		return nil
	}
	text := reason.Error()
	return os.WriteFile(path, []byte(text[:min(len(text), 4<<10)]+"\n"), 0o600)
}
