package replication

import (
	"context"
	"fmt"
	"sync"

	"knelt.dev/pkg/store"
)

// Detach leaves both connectors, as they are, to a successor: the relay stops
// between two blocks, sends a last mark and waits, at most until ctx ends, until
// the destination's side remembers it. Run then returns a ledger that is
// Detached. An error tells that no last mark was left, or that the other end has
// not heard of the leaving: a successor then goes on from an earlier mark, and
// nothing is lost. It is for runs that are Resumable; others go on.
func (r *Relay) Detach(ctx context.Context) error {
	m := r.marks
	if m == nil {
		return errNotResumable
	}
	var marked error
	select {
	case m.turn <- struct{}{}:
		marked = m.await(ctx)
		r.halt(cause{detached, "left to a successor"})
		m.give()
	case <-ctx.Done():
		marked = fmt.Errorf("the destination takes no bytes: %w", context.Cause(ctx))
		r.halt(cause{detached, "left to a successor"})
	}
	if err := r.hangUp(ctx); err != nil {
		return err
	}
	if marked != nil {
		return fmt.Errorf("leaving without a last mark: %w", marked)
	}
	return nil
}

// await sends the last mark and waits until it is remembered. Where none can be
// sent the one before has to do.
func (m *marks) await(ctx context.Context) error {
	if m.relay.left() {
		return nil
	}
	sent := m.force()
	if sent == nil {
		return nil
	}
	select {
	case <-sent.known:
		return nil
	case <-m.relay.gone:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// hangUp detaches from both sides at once.
func (r *Relay) hangUp(ctx context.Context) error {
	r.goneOnce.Do(func() { close(r.gone) })
	var errs [2]error
	var both sync.WaitGroup
	for i, run := range []Resumable{r.marks.source, r.marks.destination} {
		both.Go(func() { errs[i] = run.Detach(ctx) })
	}
	both.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// forsake ends a relay that must touch nothing any more, and leaves the
// connectors to whoever has taken over.
func (r *Relay) forsake(why string) {
	r.halt(cause{fenced, why})
	r.catchUp.stop()
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // without a word
	if err := r.hangUp(ctx); err != nil {
		r.out.printf("DEBUG", "leaving the connectors to a newer relay: %v", err)
	}
}

// left tells that the connectors are somebody else's now.
func (r *Relay) left() bool {
	k := r.why().kind
	return k == detached || k == fenced && r.marks != nil
}

// endSource has the source end, if it is still this relay's.
func (r *Relay) endSource() {
	if !r.left() {
		r.source.Terminate(r.cfg.Limits.Grace)
	}
}

// parting is the ledger of a relay that was detached.
func (r *Relay) parting() Ledger {
	l := r.Progress()
	l.Detached = true
	l.Outcome = store.Running
	return l
}
