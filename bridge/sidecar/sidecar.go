package sidecar

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"knelt.dev/bridge/podfiles"
	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/rawio"
)

// Sidecar is the sidecar of one pod. New makes it, Run runs it once.
type Sidecar struct {
	c       Config
	watch   *watch
	ends    sync.Mutex // held to let go of streams or to close them
	streams *podfiles.Streams
	alive   *podfiles.Presence
	claim   *os.File // locked while the sidecar lives

	in       *inlet
	out, err *window
	pumps    [2]*pump
	stderr   connector.StderrWatch // the pump of stderr's, until it ended

	// current is the relay's that is obeyed; changed with mu held.
	current atomic.Pointer[session]

	receiving sync.Mutex // held by the session that receives

	mu       sync.Mutex
	epoch    int64     // the highest seen
	detached time.Time // since when there is no relay; zero: there is one
	state    wire.State
	hash     wire.Sum // of what stdin accepted since the mark
	mark     *mark    // the last whole one
	launched bool     // the connector runs, or did
	exit     *wire.ExitPayload
	lost     string // why every relay is refused; empty: none is
	told     bool   // the connector was told to end

	quit  chan struct{} // closed when the sidecar ends
	ended error         // why; nil: all is done
	gone  chan struct{} // closed when how the connector ended is known
}

// New makes a sidecar and takes the pod's directory. podfiles.ErrRestarted is
// not an error here: such a sidecar refuses all relays.
func New(c Config) (*Sidecar, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	b := &Sidecar{
		c: c, detached: time.Now(), state: wire.Waiting, hash: wire.NewSum(),
		quit: make(chan struct{}), gone: make(chan struct{}),
	}
	b.watch = newWatch(c, b.detachedSince)
	b.in = newInlet(b.wake)
	b.out, b.err = newWindow(c.Window, false, b.wake), newWindow(c.ErrWindow, true, b.wake)
	b.claim, err = c.Dir.Claim()
	switch {
	case errors.Is(err, podfiles.ErrRestarted):
		b.lost = podfiles.ErrRestarted.Error()
		return b, nil
	case err != nil:
		return nil, err
	}
	return b, b.open()
}

// open makes the FIFOs and appears to the launcher.
func (b *Sidecar) open() (err error) {
	if err = b.c.Dir.Prepare(); err != nil {
		return err
	}
	if b.streams, err = b.c.Dir.OpenStreams(); err != nil {
		return err
	}
	b.pumps[0] = &pump{from: rawio.Of(b.streams.Stdout), into: b.out, linger: b.c.Linger, quit: b.quit}
	b.pumps[1] = &pump{from: rawio.Of(b.streams.Stderr), into: b.err, linger: b.c.Linger, quit: b.quit, show: b.stderr.Show}
	if b.alive, err = b.c.Dir.Appear(podfiles.Sidecar); err != nil {
		b.streams.Close()
	}
	return err
}

// Run serves relays on l, which it closes, until the relay said DONE or
// terminated what had not started: nil. Else the error says why the pod is lost.
// When ctx ends, so does the sidecar, and the launcher ends the connector.
func (b *Sidecar) Run(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	door := newDoor(b, l)
	all.Go(func() { door.run(ctx) })
	if b.lost != "" {
		all.Go(func() { b.mourn(ctx) })
	} else {
		b.work(ctx, &all)
	}
	select {
	case <-b.quit:
	case <-ctx.Done():
		b.end(fmt.Errorf("the sidecar was told to end: %w", context.Cause(ctx)))
	}
	cancel()
	b.close(door)
	all.Wait()
	return b.ended
}

// work starts all that a sidecar does beside its relays.
func (b *Sidecar) work(ctx context.Context, all *sync.WaitGroup) {
	all.Go(func() { b.in.run(rawio.Of(b.streams.Stdin)) })
	all.Go(func() { b.attend(ctx) })
	all.Go(func() { b.guard(ctx) })
	var outputs sync.WaitGroup
	for _, p := range b.pumps {
		outputs.Go(func() { b.pump(p) })
	}
	all.Go(func() { outputs.Wait(); b.settle(ctx) })
}

func (b *Sidecar) pump(p *pump) {
	err := p.run()
	select {
	case <-b.quit:
	default:
		if err != nil {
			b.end(fmt.Errorf("reading %s: %w", p.from.Name(), err))
		}
	}
}

// mourn lets relays learn that the pod is lost, then ends.
func (b *Sidecar) mourn(ctx context.Context) {
	select {
	case <-time.After(b.c.Mourning):
		b.end(podfiles.ErrRestarted)
	case <-ctx.Done():
	}
}

// end ends the sidecar; the first reason counts.
func (b *Sidecar) end(reason error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-b.quit:
	default:
		b.ended = reason
		close(b.quit)
	}
}

// close lets go of everything, so that all goroutines return.
func (b *Sidecar) close(d *door) {
	d.close()
	if s := b.current.Load(); s != nil {
		s.cut(errEnded)
	}
	b.in.stop()
	if b.streams != nil {
		b.ends.Lock()
		defer b.ends.Unlock()
		b.streams.Close()
		_, _ = b.alive.Close(), b.claim.Close() // they hold nothing
	}
}

// wake has the present relay's sender look for what is new.
func (b *Sidecar) wake() {
	if s := b.current.Load(); s != nil {
		s.wake()
	}
}

func (b *Sidecar) detachedSince() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.detached
}
