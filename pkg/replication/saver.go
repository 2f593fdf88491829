package replication

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// saver makes committed positions durable beside the relay, so that a slow
// store never stops the destination's output from being read. Of one stream
// only the newest step is kept waiting.
type saver struct {
	to       Checkpointer
	patience time.Duration // for the store, at the end
	onFenced func(error)
	log      func(level, format string, args ...any)

	mu      sync.Mutex
	waiting map[airbyte.Descriptor]step
	writing []step // taken from waiting, and not yet known to be durable
	// Offsets in the destination's stdout: up to where steps were put, were
	// taken to be written, and are durable.
	understood, taken, durable int64

	ready   <-chan struct{} // nothing is written before it is closed
	ctx     context.Context // of all writes
	cancel  context.CancelFunc
	wake    chan struct{}
	closing chan struct{}
	done    chan struct{}
	err     error // why the last try failed; nil once one succeeded
}

// Waits between tries when the store cannot be reached, and between saves; the
// most that one write may take.
const (
	saveRetryFirst = 100 * time.Millisecond
	saveRetryMax   = 5 * time.Second
	saveEvery      = 100 * time.Millisecond
	saveTimeout    = 30 * time.Second
)

func newSaver(to Checkpointer, patience time.Duration, onFenced func(error), log func(level, format string, args ...any), ready <-chan struct{}) *saver {
	s := &saver{
		to: to, patience: patience, onFenced: onFenced, log: log,
		waiting: map[airbyte.Descriptor]step{}, ready: ready,
		wake: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	go s.run()
	return s
}

// put hands over what a returned state makes durable, and up to where the
// destination's stdout is understood with it; it never blocks on the store.
func (s *saver) put(steps []step, at int64) {
	if len(steps) == 0 {
		return
	}
	s.mu.Lock()
	s.understood = max(s.understood, at)
	for _, st := range steps {
		s.waiting[st.stream] = st
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// close saves what is left and says why not all could be.
func (s *saver) close() error {
	close(s.closing)
	<-s.done
	s.cancel()
	return s.err
}

// drop ends the saver at once: what is not durable is a successor's.
func (s *saver) drop() {
	s.cancel()
	close(s.closing)
	<-s.done
}

// unsaved gives the steps that are not durable, in an order that does not vary,
// and the offset up to which all are.
func (s *saver) unsaved() ([]step, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[airbyte.Descriptor]step, len(s.waiting)+len(s.writing))
	for _, st := range s.writing {
		all[st.stream] = st
	}
	maps.Copy(all, s.waiting)
	return inOrder(all), s.durable
}

func (s *saver) run() {
	defer close(s.done)
	select {
	case <-s.ready:
	case <-s.closing:
		if !isClosed(s.ready) {
			s.err = s.tooEarly()
			return
		}
	}
	for !errors.Is(s.err, store.ErrFenced) { // nothing is written after that
		select {
		case <-s.wake:
			s.save(s.closing, nil)
			s.pause()
		case <-s.closing:
			if s.ctx.Err() != nil {
				return
			}
			giveUp := time.NewTimer(s.patience)
			defer giveUp.Stop()
			s.save(nil, giveUp.C)
			return
		}
	}
}

// pause lets positions gather: a source may write thousands of states a second,
// and each save is a durable write of the store.
func (s *saver) pause() {
	select {
	case <-s.closing:
	case <-time.After(saveEvery):
	}
}

// tooEarly tells that something waits which a predecessor may have saved
// something newer than.
func (s *saver) tooEarly() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return nil
	}
	return errors.New("the relay has not caught up with the one before it, which may have saved newer ones")
}

// isClosed tells whether a channel that only ever is closed has been.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
