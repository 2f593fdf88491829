//go:build linux

package launcher

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"knelt.dev/bridge/podfiles"
)

// launcher is one launch.
type launcher struct {
	cfg   Config
	bells chan podfiles.Bell // closed when the sidecar is gone
	peer  *podfiles.Peer
	me    *podfiles.Presence

	mu   sync.Mutex
	tree *tree // nil until the connector has started
}

// Main is the command "bridge exec" with the arguments behind that. It returns
// the exit code for the process, which has to end then.
func Main(args []string) int {
	signals := catch()
	cfg, err := ParseFlags(args, os.Environ(), os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return codeTrouble
	}
	return Run(cfg, signals)
}

// Run launches a connector, waits for its end and returns its exit code. It
// makes the calling process what package launcher describes, for good: it reaps
// every child, and the goroutine that calls keeps its thread.
func Run(cfg Config, signals <-chan os.Signal) int {
	// The connector dies with the thread that starts it, see plant.
	runtime.LockOSThread()
	l := &launcher{cfg: cfg, bells: make(chan podfiles.Bell)}
	ctx, callOff := context.WithCancelCause(context.Background())
	defer callOff(nil)
	go l.forward(signals, callOff)
	exit := l.run(ctx)
	if exit.Problem != "" {
		l.say("%s", exit.Problem)
	}
	l.report(exit)
	return exit.Code
}

// run launches the connector and gives its end.
func (l *launcher) run(ctx context.Context) podfiles.Exit {
	before := countOOM(l.cfg.Root)
	if err := l.start(ctx); err != nil {
		return failed(err)
	}
	s := newSupervision(l)
	s.run()
	return s.exit(countOOM(l.cfg.Root).rose(before))
}

// start goes the way to a running connector. Nothing of its streams is open
// here afterwards.
func (l *launcher) start(ctx context.Context) error {
	if err := adoptOrphans(); err != nil {
		return err
	}
	late := fmt.Errorf("nothing came within %v (--wait): see the sidecar's log", l.cfg.Wait)
	ctx, cancel := context.WithTimeoutCause(ctx, l.cfg.Wait, late)
	defer cancel()
	if err := l.meet(ctx); err != nil {
		return err
	}
	start, err := l.awaitStart(ctx)
	if err != nil {
		return err
	}
	streams, err := l.cfg.Dir.OpenChild()
	if err != nil {
		return err
	}
	defer streams.Close()
	if err := l.exec(ctx, start, streams); err != nil {
		tell(streams, err)
		return err
	}
	return nil
}

// exec starts the connector unless a signal came first.
func (l *launcher) exec(ctx context.Context, start podfiles.Start, streams *podfiles.Child) error {
	l.cfg.Env = overlay(l.cfg.Env, start.Env)
	words, err := l.cfg.entrypoint()
	if err != nil {
		return err
	}
	env := environment(l.cfg.Env)
	path, err := find(words[0], env)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	l.tree, err = plant(path, slices.Concat(words, start.Args), env, streams.FDs)
	return err
}

// failed makes the end of a connector that was not started.
func failed(err error) podfiles.Exit {
	if unwanted := (*notStarted)(nil); errors.As(err, &unwanted) {
		return unwanted.exit
	}
	code := codeTrouble
	if start := (*startError)(nil); errors.As(err, &start) {
		code = start.code
	}
	return podfiles.Exit{Code: code, Problem: err.Error()}
}

// tell writes why the connector was not started where it would have written
// itself: so its readers see it as they see all that goes wrong with it. The
// FIFO is empty and has room for a message of a page at least.
func tell(streams *podfiles.Child, err error) {
	text := err.Error()
	text = text[:min(len(text), unix.Getpagesize()-1)] + "\n"
	_, _ = unix.Write(streams.FDs[2], []byte(text)) // nobody reads it any more: exit.json has it, too
}

// report leaves exit.json and tells the sidecar of it.
func (l *launcher) report(exit podfiles.Exit) {
	err := l.cfg.Dir.WriteExit(exit)
	if err == nil && l.me != nil {
		err = l.me.Ring(podfiles.Exited)
	}
	if err != nil {
		l.say("telling the sidecar of the end (code %d): %v", exit.Code, err)
	}
}

// say writes a line to the container's log.
func (l *launcher) say(format string, args ...any) {
	_, _ = fmt.Fprintf(l.cfg.Log, "bridge exec: "+format+"\n", args...) // without a log there is nobody to tell
}
