package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// figures are what one run took.
type figures struct {
	wall time.Duration
	// cpu and peak are the engine's own, without the connectors; zero for a
	// peer.
	cpu  time.Duration
	peak int64 // bytes
}

// measure runs a scenario and its peer in turns, so that a machine that gets
// slower is slower for both, and reports.
func measure(ctx context.Context, o options, s scenario) error {
	var engine, peer []figures
	for i := range o.runs + 1 { // the first warms up and does not count
		f, err := once(ctx, o, s, runEngine)
		if err != nil {
			return err
		}
		if i > 0 {
			engine = append(engine, f)
		}
		if !s.peer {
			continue
		}
		if f, err = once(ctx, o, s, runPipe); err != nil {
			return fmt.Errorf("the shell pipe: %w", err)
		}
		if i > 0 {
			peer = append(peer, f)
		}
	}
	report(os.Stdout, o, s, engine, peer)
	return nil
}

// once makes a run in a folder of its own.
func once(ctx context.Context, o options, s scenario, f func(context.Context, options, scenario, string) (figures, error)) (figures, error) {
	dir, err := os.MkdirTemp(o.dir, s.name+"-")
	if err != nil {
		return figures{}, err
	}
	if err := s.files(o, dir); err != nil {
		return figures{}, err
	}
	result, err := f(ctx, o, s, dir)
	return result, errors.Join(err, os.RemoveAll(dir))
}

func errorsOf(errs ...error) error { return errors.Join(errs...) }

// program names a built program by an absolute path.
func (o options) program(name string) (string, error) {
	return filepath.Abs(filepath.Join(o.bin, name))
}
