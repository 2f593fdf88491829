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
	listener    *listener
	marks       *marks // nil unless both runs are Resumable
	catchUp     *catchUp
	began       time.Time

	// What a predecessor left: steps that were no checkpoints yet, and up to
	// where the destination's output may be older than the end of its input.
	unsaved []step
	early   int64
	// finished tells that the destination was given the end of its input.
	// Guarded by the marks' turn.
	finished bool
	// spared tells that the destination was ended so that it keeps what it has.
	spared bool
	// gone is closed when the connectors are left to another relay.
	gone     chan struct{}
	goneOnce sync.Once

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
// command and its children, its growth counts as a sign of life. If the source
// is Resumable and the destination Marking, the relay sends marks, from which a
// successor can go on (see Config.Resume and Detach).
func New(cfg Config, source, destination connector.Run) *Relay {
	cfg.Limits = cfg.Limits.withDefaults()
	r := &Relay{cfg: cfg, source: source, destination: destination, watch: newWatch(), began: time.Now()}
	r.book = newBook(r.cfg)
	r.out = &journal{cfg.Log}
	r.forwarder = &forwarder{
		cfg: &r.cfg, book: r.book, out: r.out, watch: r.watch, miscounted: map[*stream]bool{},
		to: newOutlet(destination.Stdin(), r.watch, r.cfg.Limits.DestinationIdle),
	}
	r.listener = &listener{relay: r}
	r.gone = make(chan struct{})
	r.catchUp = newCatchUp(cfg.Resume)
	r.marks = newMarks(r)
	return r
}

// Run relays until both connectors have ended and returns the ledger; its
// Outcome says how it went. When ctx ends both connectors are killed at once
// (see Drain for the gentle way). It may be called once.
func (r *Relay) Run(ctx context.Context) Ledger {
	defer context.AfterFunc(ctx, func() { r.abort(context.Cause(ctx)) })()
	r.open()
	done := make(chan struct{})
	var helpers sync.WaitGroup
	helpers.Go(func() { r.watch.run(r.cfg.Limits, r.source, r.destination, done, r.stuck) })
	helpers.Go(func() { r.readStderr(Source, r.source.Stderr(), r.watch.sourceLives) })
	helpers.Go(func() { r.readStderr(Destination, r.destination.Stderr(), r.watch.destinationLives) })
	helpers.Go(r.readDestination)
	helpers.Go(func() { r.marks.run(done) })
	destinationEnd := r.waitDestination()
	r.closeStdin(Source, r.source)

	r.forward()
	sourceEnd := r.waitSource()
	r.finish(sourceEnd)
	end := <-destinationEnd
	if r.spared {
		r.closeStdin(Destination, r.destination)
	}
	close(done)
	helpers.Wait()
	if r.left() {
		r.saver.drop()
		if r.why().kind == detached {
			return r.parting()
		}
		return r.settle(sourceEnd, end, nil)
	}
	r.saver.put(r.book.lastEchoes(r.cfg.AcknowledgesInOrder), r.listener.at.Load())
	return r.settle(sourceEnd, end, r.saver.close())
}

// open begins, or goes on with what a predecessor began. A first mark tells a
// successor of Config.Emitted.
func (r *Relay) open() {
	r.marks.take()
	defer r.marks.give()
	r.saver = newSaver(r.cfg.Checkpoints, r.cfg.Limits.StoreWait, r.fenced, r.out.printf, r.catchUp.understood)
	if r.cfg.Resume == nil {
		r.marks.force()
		return
	}
	r.takeOver(r.cfg.Resume)
	r.saver.put(r.unsaved, r.listener.at.Load())
}

// Drain ends a sync gently: the source is asked to stop, what it has sent is
// forwarded, the destination commits, its states become checkpoints. It returns
// at once and may be called at any time.
func (r *Relay) Drain() {
	r.halt(cause{drained, "cancelled"})
	r.endSource()
}
