package replication

import (
	"errors"
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

func newSaver(to Checkpointer, patience time.Duration, onFenced func(error), log func(level, format string, args ...any)) *saver {
	s := &saver{
		to: to, patience: patience, onFenced: onFenced, log: log,
		waiting: map[airbyte.Descriptor]step{},
		wake:    make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
	go s.run()
	return s
}

// put hands over what a returned state makes durable; it never blocks on the
// store.
func (s *saver) put(steps []step) {
	if len(steps) == 0 {
		return
	}
	s.mu.Lock()
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
	return s.err
}

func (s *saver) run() {
	defer close(s.done)
	for !errors.Is(s.err, store.ErrFenced) { // nothing is written after that
		select {
		case <-s.wake:
			s.save(s.closing, nil)
			s.pause()
		case <-s.closing:
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
