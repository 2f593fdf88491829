package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/connector"
)

// Run is a connector behind a bridge. It implements connector.Run and may be
// used by several goroutines; each stream is for one at a time. Whoever got it
// from Attach calls Wait or Detach, else its connection stays.
type Run struct {
	cfg      Config
	tls      *tls.Config
	attached wire.AttachedPayload // by Attach
	snapshot []byte

	stdin          *inlet
	stdout, stderr *outlet

	mu       sync.Mutex
	changed  *sync.Cond // exit, err, start, drained
	link     *link      // nil while there is no connection
	onMarked func(wire.MarkPayload)
	say      requests
	launched bool // the connector runs, or did
	examined bool // an autopsy was asked for
	exit     *wire.ExitPayload
	err      error // why the run is over, for all who use it
	answered bool  // the bridge has answered DETACH or DONE

	ctx    context.Context // of dialing; ended by cancel
	cancel context.CancelCauseFunc
	ended  chan struct{} // closed when the last goroutine is gone
}

var _ connector.Run = (*Run)(nil)

func newRun(cfg Config, settings *tls.Config) *Run {
	r := &Run{cfg: cfg, tls: settings, ended: make(chan struct{})}
	r.changed = sync.NewCond(&r.mu)
	r.stdin = newInlet(r)
	r.stdout = newOutlet(r, wire.Stdout, cfg.StdoutWindow, !cfg.Resumable)
	r.stderr = newOutlet(r, wire.Stderr, cfg.StderrWindow, true)
	r.ctx, r.cancel = context.WithCancelCause(context.Background())
	return r
}

// Stdin implements connector.Run. It has SetWriteDeadline as *os.File does.
func (r *Run) Stdin() io.WriteCloser { return r.stdin }

// Stdout implements connector.Run. See ReadFrom for where it starts.
func (r *Run) Stdout() io.Reader { return r.stdout }

// Stderr implements connector.Run. Bytes may be missing: of stderr the bridge
// keeps a bounded part only.
func (r *Run) Stderr() io.Reader { return r.stderr }

// Wait implements connector.Run. Its error is ErrPodLost, ErrSuperseded,
// ErrDetached or a *ProtocolError. Unless the run is Resumable it settles the
// run: the bridge ends.
func (r *Run) Wait() (connector.Exit, error) {
	exit, err := r.await()
	if err == nil && !r.cfg.Resumable {
		ctx, cancel := context.WithTimeout(context.Background(), settleTime)
		defer cancel()
		if done := r.Done(ctx); done != nil {
			r.cfg.Log.Debug("a bridge was not told that all is settled; it ends with its lease", "bridge", r.cfg.Addr, "error", done)
		}
	}
	return exit, err
}

// await waits for the exit and the end of both outputs.
func (r *Run) await() (connector.Exit, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.err == nil && (r.exit == nil || !r.stdout.drained || !r.stderr.drained) {
		r.changed.Wait()
	}
	if r.err != nil {
		return connector.Exit{}, r.err
	}
	return exitOf(r.exit), nil
}

func exitOf(e *wire.ExitPayload) connector.Exit {
	return connector.Exit{
		Code: e.Code, Signal: e.Signal, OOM: e.OOM, Terminated: e.Terminated,
		LeftOver: e.LeftOver, Reason: e.Reason, StderrTail: e.StderrTail,
	}
}

// Terminate implements connector.Run. While there is no connection it is kept
// for the next.
func (r *Run) Terminate(grace time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := time.Now().Add(max(0, grace))
	if r.exit == nil && (!r.say.terminate || at.Before(r.say.killAt)) {
		r.say.terminate, r.say.terminated, r.say.killAt = true, false, at
		r.nudge()
	}
}

// Lose ends the run for a reason that is known from elsewhere, such as that the
// pod was deleted, and dials no more. What came until then can be read. A
// connector whose exit is known has lost nothing by it.
func (r *Run) Lose(reason error) {
	r.mu.Lock()
	known, l := r.exit != nil, r.link
	r.mu.Unlock()
	if known {
		return
	}
	if !errors.Is(reason, ErrPodLost) {
		reason = r.lost("", reason)
	}
	r.fail(reason)
	if l != nil {
		l.close()
	}
}

// Ended is closed once the run has no connection any more and will make none.
func (r *Run) Ended() <-chan struct{} { return r.ended }

func (r *Run) lost(reason string, err error) error {
	return &LostError{Addr: r.cfg.Addr, Reason: reason, Err: err}
}

// fail ends the run for all who use it. The first reason counts. Once the
// connector's exit is known, a pod that is lost or was told that all is settled
// has lost nothing.
func (r *Run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	harmless := r.exit != nil && (errors.Is(err, ErrPodLost) || errors.Is(err, errLeft))
	if errors.Is(err, errLeft) {
		err = ErrDetached
	}
	if r.err == nil && !harmless {
		r.err = err
	}
	r.changed.Broadcast()
	r.stdin.room.Broadcast()
	r.stdout.ready.Broadcast()
	r.stderr.ready.Broadcast()
	r.cancel(err)
}

// abrupt tells that what has come already must not be used.
func (r *Run) abrupt() bool { return !errors.Is(r.err, ErrPodLost) }

// nudge has the connection's writer look for something to say; with mu held.
func (r *Run) nudge() {
	if r.link != nil {
		r.link.nudge()
	}
}

// Addr is the bridge's address.
func (r *Run) Addr() string { return r.cfg.Addr }

// String names the run in logs.
func (r *Run) String() string { return fmt.Sprintf("bridge at %s", r.cfg.Addr) }
