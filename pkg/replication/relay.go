package replication

import (
	"context"
	"sync"
	"time"

	"knelt.dev/pkg/connector"
)

// Relay moves one attempt of a sync from a running read to a running write.
type Relay struct {
	cfg         Config
	source      connector.Run
	destination connector.Run
	book        *book
	out         *journal
	watch       *watch
	saver       *saver
	forwarder   *forwarder
	began       time.Time

	// spared tells that the destination was ended so that it keeps what it has.
	spared bool

	mu    sync.Mutex
	cause cause
}

// New prepares a relay between a source's read and a destination's write that
// were just started. It owns both from then on.
//
// If the destination's Stdin has a SetWriteDeadline like that of *os.File, with
// which a write that timed out tells how many bytes were taken and the next one
// goes on, it is used to see that a slow destination is alive. If a Run has a
// method CPUTime() (time.Duration, error), the CPU time used so far by the
// command and its children, its growth counts as a sign of life.
func New(cfg Config, source, destination connector.Run) *Relay {
	cfg.Limits = cfg.Limits.withDefaults()
	r := &Relay{cfg: cfg, source: source, destination: destination, watch: newWatch(), began: time.Now()}
	r.book = newBook(r.cfg)
	r.out = &journal{cfg.Log}
	r.forwarder = &forwarder{
		cfg: &r.cfg, book: r.book, out: r.out, watch: r.watch, miscounted: map[*stream]bool{},
		to: newOutlet(destination.Stdin(), r.watch, r.cfg.Limits.DestinationIdle),
	}
	return r
}

// Run relays until both connectors have ended and returns the ledger; its
// Outcome says how it went. When ctx ends both connectors are killed at once
// (see Drain for the gentle way). It may be called once.
func (r *Relay) Run(ctx context.Context) Ledger {
	defer context.AfterFunc(ctx, func() { r.abort(context.Cause(ctx)) })()
	r.saver = newSaver(r.cfg.Checkpoints, r.cfg.Limits.StoreWait, r.fenced, r.out.printf)
	done := make(chan struct{})
	var helpers sync.WaitGroup
	helpers.Go(func() { r.watch.run(r.cfg.Limits, r.source, r.destination, done, r.stuck) })
	helpers.Go(func() { r.readStderr(Source, r.source.Stderr(), r.watch.sourceLives) })
	helpers.Go(func() { r.readStderr(Destination, r.destination.Stderr(), r.watch.destinationLives) })
	helpers.Go(r.readDestination)
	destinationEnd := r.waitDestination()
	r.closeStdin(r.source)

	r.forward()
	sourceEnd := r.waitSource()
	r.finish(sourceEnd)
	end := <-destinationEnd
	if r.spared {
		r.closeStdin(r.destination)
	}
	close(done)
	helpers.Wait()
	r.saver.put(r.book.lastEchoes(r.cfg.AcknowledgesInOrder))
	return r.settle(sourceEnd, end, r.saver.close())
}

// Drain ends a sync gently: the source is asked to stop, what it has sent is
// forwarded, the destination commits, its states become checkpoints. It returns
// at once and may be called at any time.
func (r *Relay) Drain() {
	r.halt(cause{drained, "cancelled"})
	r.source.Terminate(r.cfg.Limits.Grace)
}
