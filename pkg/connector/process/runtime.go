package process

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"knelt.dev/pkg/connector"
)

// DefaultDrain is the default of Config.Drain.
const DefaultDrain = 5 * time.Second

// Config says how programs are run. The zero value is not usable: Root is needed.
type Config struct {
	// Root is the directory for the private directories of runs. It is made
	// when missing, and may be shared by several engines of one machine.
	Root string
	// Drain is how long an output may be empty, after the command itself has
	// ended, before the children that still hold it open are ended. A reader
	// that is slow does not count. 0 means DefaultDrain.
	Drain time.Duration
	// Warn is told of troubles that change no outcome, such as files that
	// could not be removed (the next Sweep tries again). nil: slog's default.
	Warn func(error)
}

// Runtime starts programs of this machine. It implements connector.Runtime and
// may be used by several goroutines.
type Runtime struct {
	root  string
	drain time.Duration
	warn  func(error)
}

var _ connector.Runtime = (*Runtime)(nil)

// New returns a Runtime. Nothing is touched before the first Start; an engine
// calls Sweep when it starts.
func New(c Config) *Runtime {
	r := &Runtime{root: c.Root, drain: c.Drain, warn: c.Warn}
	if r.drain <= 0 {
		r.drain = DefaultDrain
	}
	if r.warn == nil {
		r.warn = func(err error) { slog.Warn("running a connector", "error", err) }
	}
	return r
}

// Start implements connector.Runtime.
func (r *Runtime) Start(ctx context.Context, c connector.Connector, inv connector.Invocation) (connector.Run, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("not starting %s: %w", inv.Command, context.Cause(ctx))
	}
	prog, err := newProgram(c)
	if err != nil {
		return nil, err
	}
	dir, err := makeRunDir(r.root)
	if err != nil {
		return nil, err
	}
	run, err := r.start(prog, dir, inv)
	if err != nil {
		r.remove(dir)
		return nil, err
	}
	return run, nil
}

// start puts the files into dir and starts the program.
func (r *Runtime) start(prog *program, dir *runDir, inv connector.Invocation) (*run, error) {
	args, err := dir.writeFiles(inv)
	if err != nil {
		return nil, err
	}
	prog.argv = append(prog.argv, args...)
	prog.env = append(prog.env, markVariable+"="+dir.mark())
	pipes, err := newPipes()
	if err != nil {
		return nil, err
	}
	run := newRun(r, dir, pipes)
	if err := run.begin(prog, pipes); err != nil {
		pipes.closeAll()
		return nil, err
	}
	pipes.closeChild()
	return run, nil
}

// remove removes a run's directory; what cannot be removed is told and left to
// the next Sweep.
func (r *Runtime) remove(dir *runDir) {
	if err := dir.remove(); err != nil {
		r.warn(fmt.Errorf("removing the private files of a run (the next start tries again): %w", err))
	}
}
