// Loadtest measures whole syncs beside what a user would compare them with, in
// one run, and prints medians and ratios.
//
//	go run ./loadtest [-bin bin] [-runs 5] [-bytes 2000000000] [scenario ...]
//
// The figures of the bridge (docs/bridge-protocol.md) are asked for by name; they
// need socat and redis-server (test/setup.sh socat redis-server), and programs
// that are built (make build). With -out loadtest/results each leaves NAME.json
// and a plot, NAME.svg, there; -json prints JSON. What is kept there was measured
// on two CPUs that other programs used as well: only figures of one run compare.
//
//	go run ./loadtest -bytes 4000000000 -runs 3 bridge bridge10k
//	go run ./loadtest succession
//	go run ./loadtest detach
//	go run ./loadtest footprint
//	go run ./loadtest tick
//
// The figures of an installation on a cluster are asked for by name as well:
// burst, storm, answers, throughput, idle. They run in the cluster's network,
// with kubectl at hand: test/knative/load.sh does all that is needed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == relayArg {
		exit(relayMain(context.Background()))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	exit(err)
}

func exit(err error) {
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		slog.Error("exiting", "err", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// options are the command line.
type options struct {
	bin   string
	runs  int
	bytes int64
	dir   string // where scenarios keep their files
	json  bool
	chain string // the only chain to run; empty: all
	out   string // folder for results; empty: none is kept

	// Of the scenarios on a cluster: the file of images, the address of this
	// machine that pods reach, and how many events or questions; 0: the
	// scenario's own number.
	images, address string
	count           int
	rate            float64 // a second
}

func run(ctx context.Context, args []string) error {
	var o options
	flags := flag.NewFlagSet("loadtest", flag.ContinueOnError)
	flags.StringVar(&o.bin, "bin", "bin", "folder of the built programs")
	flags.IntVar(&o.runs, "runs", 5, "runs of each scenario and peer")
	flags.Int64Var(&o.bytes, "bytes", 2_000_000_000, "bytes of records to move in a run")
	flags.BoolVar(&o.json, "json", false, "print figures as JSON")
	flags.StringVar(&o.chain, "chain", "", "the only chain of the scenario bridge to run (bridge, pipe, ...)")
	flags.StringVar(&o.out, "out", "", "folder to keep figures in")
	flags.StringVar(&o.images, "images", "", "file of lines NAME REFERENCE: the images of the scenarios on a cluster")
	flags.StringVar(&o.address, "address", "", "address of this machine that the cluster's pods reach")
	flags.IntVar(&o.count, "count", 0, "how many events or questions a scenario on a cluster sends (0: its own number)")
	flags.Float64Var(&o.rate, "rate", 0, "how many it sends in a second (0: its own number)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, asked, err := choose(flags.Args())
	if err != nil {
		return err
	}
	if o.dir, err = os.MkdirTemp("", "knelt-loadtest-"); err != nil {
		return err
	}
	for _, s := range chosen {
		if err == nil {
			err = named(s.name, measure(ctx, o, s))
		}
	}
	for _, e := range asked {
		if err == nil {
			err = named(e.name, e.do(ctx, o))
		}
	}
	return errors.Join(err, os.RemoveAll(o.dir))
}

func named(name string, err error) error {
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return err
}
