package replication

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/lines"
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

	mu    sync.Mutex
	cause cause
}

// New prepares a relay between a source's read and a destination's write that
// were just started. It owns both from then on.
func New(cfg Config, source, destination connector.Run) *Relay {
	cfg.Limits = cfg.Limits.withDefaults()
	r := &Relay{cfg: cfg, source: source, destination: destination, watch: newWatch(), began: time.Now()}
	r.book = newBook(r.cfg)
	r.out = &journal{cfg.Log}
	r.forwarder = &forwarder{
		cfg: &r.cfg, book: r.book, to: destination.Stdin(), out: r.out, watch: r.watch, status: map[*stream]bool{},
	}
	return r
}

// Run relays until both connectors have ended and returns the ledger; its
// Outcome says how it went. When ctx ends both connectors are killed at once
// (see Drain for the gentle way).
func (r *Relay) Run(ctx context.Context) Ledger {
	defer context.AfterFunc(ctx, func() { r.abort(context.Cause(ctx)) })()
	r.saver = newSaver(r.cfg.Checkpoints, func(err error) { r.kill(cause{fenced, err.Error()}) }, r.out.printf)
	done := make(chan struct{})
	var helpers sync.WaitGroup
	helpers.Go(func() { r.watch.run(r.cfg.Limits, done, r.stuck) })
	helpers.Go(func() { r.readStderr(Source, r.source.Stderr(), r.watch.sourceLives) })
	helpers.Go(func() { r.readStderr(Destination, r.destination.Stderr(), r.watch.destinationLives) })
	helpers.Go(r.readDestination)
	destinationEnd := r.waitDestination()
	r.closeStdin(r.source)

	r.forward()
	sourceEnd := r.waitSource()
	r.finish(sourceEnd)
	end := <-destinationEnd
	close(done)
	helpers.Wait()
	return r.settle(sourceEnd, end, r.saver.close())
}

// Drain ends a sync gently: the source is asked to stop, what it has sent is
// forwarded, the destination commits, its states become checkpoints.
func (r *Relay) Drain() {
	r.halt(cause{drained, "cancelled"})
	r.source.Terminate(r.cfg.Limits.Grace)
}

// ending is how a connector ended; err if that is not known.
type ending struct {
	exit connector.Exit
	err  error
}

// forward moves bytes until the source's output ends or nothing more may be
// forwarded; then the rest of the output is thrown away, so that the source can
// end.
func (r *Relay) forward() {
	in := lines.NewReader(r.source.Stdout(), r.cfg.Limits.MaxLine)
	for {
		r.watch.waiting(true)
		block, err := in.NextBlock()
		r.watch.waiting(false)
		if err == nil && !r.deaf() {
			err = r.forwarder.block(block)
		}
		if err == nil && !r.deaf() {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			r.failForward(err)
		}
		r.watch.waiting(true) // its end is the last sign of life that is awaited
		if _, err := io.Copy(io.Discard, r.source.Stdout()); err != nil {
			r.out.printf("DEBUG", "reading the rest of the source's output: %v", err)
		}
		return
	}
}

// failForward notes why forwarding ended before the source did, and ends it.
func (r *Relay) failForward(err error) {
	var broken *violation
	var tooLong *lines.TooLongError
	var deaf *stoppedReading
	switch {
	case errors.As(err, &broken):
		r.halt(cause{violated, "protocol violation: " + broken.text})
	case errors.As(err, &tooLong):
		r.halt(cause{violated, r.tooLong(tooLong)})
	case errors.As(err, &deaf):
		r.halt(cause{destinationGone, deaf.Error()})
	default:
		r.halt(cause{violated, fmt.Sprintf("reading the source's output: %v", err)})
	}
	r.source.Terminate(r.cfg.Limits.Grace)
}

// tooLong names the stream of a line that is too long, if its beginning tells.
func (r *Relay) tooLong(e *lines.TooLongError) string {
	var env airbyte.Envelope
	airbyte.Classify(e.Prefix, &env)
	from := "the source"
	if !env.Stream.Empty() {
		if s := r.book.bySource.record(e.Prefix, &env); s != nil {
			from = "stream " + s.Descriptor.String()
			r.book.mu.Lock()
			s.ledger.Broken++
			r.book.mu.Unlock()
		}
	}
	return fmt.Sprintf("line %d, of %s, is longer than %d bytes (maxLine); raise the limit or leave the field out", r.forwarder.lines+1, from, e.Limit)
}

// waitSource waits for the source to end once its output has. A source that
// closed its output and lives on is ended.
func (r *Relay) waitSource() ending {
	limit := time.AfterFunc(r.cfg.Limits.SourceExit, func() {
		r.halt(cause{stuckSource, fmt.Sprintf("the source closed its output and did not end within %s", r.cfg.Limits.SourceExit)})
		r.source.Terminate(r.cfg.Limits.Grace)
	})
	if r.cfg.Limits.SourceExit < 0 {
		limit.Stop()
	}
	exit, err := r.source.Wait()
	limit.Stop()
	r.watch.waiting(false)
	return ending{exit, err}
}

// waitDestination tells when the destination has ended; if it was too early,
// the source is ended too.
func (r *Relay) waitDestination() <-chan ending {
	ended := make(chan ending, 1)
	go func() {
		exit, err := r.destination.Wait()
		if !r.watch.closed.Load() {
			r.halt(cause{destinationGone, "the destination ended before it had read everything"})
			r.source.Terminate(r.cfg.Limits.Grace)
		}
		ended <- ending{exit, err}
	}()
	return ended
}

func (r *Relay) closeStdin(run connector.Run) {
	if err := run.Stdin().Close(); err != nil {
		r.out.printf("DEBUG", "closing a connector's input: %v", err)
	}
}

// readStderr logs a connector's stderr line by line.
func (r *Relay) readStderr(from Origin, stderr io.Reader, alive func()) {
	in := lines.NewReader(stderr, maxLogLine)
	for {
		line, err := in.Next()
		alive()
		var tooLong *lines.TooLongError
		switch {
		case err == nil:
			r.out.text(from, true, line)
		case errors.As(err, &tooLong):
			r.out.text(from, true, tooLong.Prefix)
		default:
			return
		}
	}
}

// maxLogLine is the longest line of a log that is read whole.
const maxLogLine = 1 << 20
