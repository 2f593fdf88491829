package replication

import (
	"sync/atomic"
	"time"
)

// watch knows when each side last gave a sign of life, and what the relay waits
// for. All its times are on the monotonic clock.
type watch struct {
	began       time.Time
	source      atomic.Int64 // last sign of life, since began
	destination atomic.Int64
	awaiting    atomic.Bool  // the relay waits for the source
	offering    atomic.Bool  // bytes wait for the destination
	closed      atomic.Bool  // the destination's input is closed
	quiet       atomic.Int64 // the source may be silent until then, since began
}

func newWatch() *watch { return &watch{began: time.Now()} }

func (w *watch) now() int64 { return int64(time.Since(w.began)) }

func (w *watch) sourceLives()      { w.source.Store(w.now()) }
func (w *watch) destinationLives() { w.destination.Store(w.now()) }

// waiting marks that the relay waits for the source, or has got something.
func (w *watch) waiting(yes bool) {
	w.sourceLives()
	w.awaiting.Store(yes)
}

// giving marks that bytes wait for the destination, or were taken.
func (w *watch) giving(yes bool) {
	w.destinationLives()
	w.offering.Store(yes)
}

// inputClosed marks that the destination has all it will get.
func (w *watch) inputClosed() {
	w.destinationLives()
	w.closed.Store(true)
}

// maxQuiet bounds how long a source may ask to be left alone.
const maxQuiet = 24 * time.Hour

// quietUntil lets a rate limited source be silent until its quota is given anew
// (milliseconds since 1970).
func (w *watch) quietUntil(quotaReset int64) {
	wait := min(time.Until(time.UnixMilli(quotaReset)), maxQuiet)
	if wait > 0 {
		w.quiet.Store(w.now() + int64(wait))
	}
}

// sourceIdle is how long the relay has been waiting for a source without a sign
// of life.
func (w *watch) sourceIdle() time.Duration {
	if !w.awaiting.Load() {
		return 0
	}
	return time.Duration(w.now() - max(w.source.Load(), w.quiet.Load()))
}

// destinationIdle is how long the destination has had work without showing any.
func (w *watch) destinationIdle() time.Duration {
	if !w.offering.Load() && !w.closed.Load() {
		return 0
	}
	return time.Duration(w.now() - w.destination.Load())
}
