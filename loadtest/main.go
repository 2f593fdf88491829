// Loadtest measures whole syncs beside what a user would compare them with, in
// one run, and prints medians and ratios.
//
//	go run ./loadtest [-bin bin] [-runs 5] [-bytes 2000000000] [scenario ...]
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		slog.Error("exiting", "err", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	bin   string
	runs  int
	bytes int64
	dir   string // where scenarios keep their files
}

func run(ctx context.Context, args []string) error {
	var o options
	flags := flag.NewFlagSet("loadtest", flag.ContinueOnError)
	flags.StringVar(&o.bin, "bin", "bin", "folder of the built programs")
	flags.IntVar(&o.runs, "runs", 5, "runs of each scenario and peer")
	flags.Int64Var(&o.bytes, "bytes", 2_000_000_000, "bytes of records to move in a run")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		return err
	}
	if o.dir, err = os.MkdirTemp("", "knelt-loadtest-"); err != nil {
		return err
	}
	for _, s := range chosen {
		if err = measure(ctx, o, s); err != nil {
			err = fmt.Errorf("%s: %w", s.name, err)
			break
		}
	}
	return errors.Join(err, os.RemoveAll(o.dir))
}
