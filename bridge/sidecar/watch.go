package sidecar

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// watch looks at the lease again and again.
type watch struct {
	lease    Lease
	judge    judge
	log      *slog.Logger
	detached func() time.Time // see look

	mu     sync.Mutex
	last   time.Time     // when the last look ended
	looked chan struct{} // closed at the next look
	mute   bool          // the store's silence was logged
}

func newWatch(c Config, detached func() time.Time) *watch {
	return &watch{
		lease: c.Lease, judge: judge{sync: c.Sync, ttl: c.TTL, absence: c.Absence},
		log: c.Log, detached: detached, last: time.Now(), looked: make(chan struct{}),
	}
}

// run looks until ctx ends, which returns nil, or the lease is lost: the reason.
func (w *watch) run(ctx context.Context) error {
	for {
		if err := w.look(ctx); err != nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(w.judge.wait(time.Now())):
		case <-ctx.Done():
			return nil
		}
	}
}

// look reads the lease once. An answer that took longer than it may was read
// before the process was stopped, so it is old: ask again.
func (w *watch) look(ctx context.Context) error {
	patience := w.judge.ttl / 3
	for ctx.Err() == nil {
		l := look{asked: time.Now()}
		one, cancel := context.WithTimeout(ctx, patience)
		l.state, l.err = w.lease.State(one)
		cancel()
		l.now = time.Now()
		if l.err == nil && l.now.Sub(l.asked) > patience {
			continue
		}
		if ctx.Err() == nil {
			return w.take(l)
		}
	}
	return nil
}

// take judges a reading. The loss of the lease leaves the watch stale, so that
// nothing more is taken from a relay.
func (w *watch) take(l look) error {
	l.detached = w.detached()
	w.report(l.err)
	if err := w.judge.decide(l); err != nil {
		return err
	}
	w.freshen(l.now)
	return nil
}

// freshen lets those go on who wait for a look.
func (w *watch) freshen(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = now
	close(w.looked)
	w.looked = make(chan struct{})
}

// fresh waits, if the last look is older than the lease lives, for the next: so
// it does after this process was stopped.
func (w *watch) fresh(ctx context.Context) error {
	for {
		w.mu.Lock()
		stale, looked := time.Since(w.last) > w.judge.ttl, w.looked
		w.mu.Unlock()
		if !stale {
			return nil
		}
		select {
		case <-looked:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// report logs when the store goes out of reach and when it is back.
func (w *watch) report(err error) {
	switch {
	case errors.Is(err, ErrAlone):
		return // that is how it was set up
	case err != nil && !w.mute:
		w.log.Warn("the lease cannot be read; the connector goes on while a relay is attached", "error", err)
	case err == nil && w.mute:
		w.log.Info("the lease can be read again")
	}
	w.mute = err != nil
}
