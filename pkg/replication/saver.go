package replication

import (
	"context"
	"errors"
	"sync"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// saver makes committed positions durable beside the relay, so that a slow
// store never stops the destination's output from being read. Of one stream
// only the newest position is kept waiting.
type saver struct {
	to       Checkpointer
	onFenced func(error)
	log      func(level, format string, args ...any)

	mu      sync.Mutex
	waiting map[airbyte.Descriptor]step // by stream; the zero one is GLOBAL or LEGACY
	wake    chan struct{}
	closing chan struct{}
	done    chan struct{}
	err     error // why the last try failed; nil once one succeeded
}

// step is what shall become of one stream: a position, or none any more.
type step struct {
	position store.Position
	reset    bool
}

// Waits between saves, between tries when the store cannot be reached, and how long the end of
// a sync waits for it.
const (
	saveRetryFirst = 100 * time.Millisecond
	saveRetryMax   = 5 * time.Second
	saveAtEnd      = 30 * time.Second
	saveEvery      = 100 * time.Millisecond
)

func newSaver(to Checkpointer, onFenced func(error), log func(level, format string, args ...any)) *saver {
	s := &saver{
		to: to, onFenced: onFenced, log: log,
		waiting: map[airbyte.Descriptor]step{},
		wake:    make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
	go s.run()
	return s
}

// put hands over what a returned state makes durable; it never blocks on the
// store.
func (s *saver) put(c committed) {
	s.mu.Lock()
	for _, d := range c.resets {
		s.waiting[d] = step{reset: true}
	}
	for _, p := range c.positions {
		s.waiting[p.Stream] = step{position: p}
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
	for {
		select {
		case <-s.wake:
			s.save(s.closing, 0)
			s.pause()
		case <-s.closing:
			s.save(nil, saveAtEnd)
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

// save tries until everything waiting is durable; until interrupt is closed, or
// for as long as limit says when it is nil.
func (s *saver) save(interrupt <-chan struct{}, limit time.Duration) {
	giveUp := time.Now().Add(limit)
	for wait := saveRetryFirst; ; wait = min(2*wait, saveRetryMax) {
		batch := s.take()
		if len(batch) == 0 {
			return
		}
		if s.err = s.write(batch); s.err == nil {
			continue
		}
		s.putBack(batch)
		if errors.Is(s.err, store.ErrFenced) {
			s.onFenced(s.err)
			return
		}
		s.log("WARN", "cannot save checkpoints, will try again: %v", s.err)
		if interrupt == nil && time.Now().Add(wait).After(giveUp) {
			return
		}
		select {
		case <-interrupt: // nil: waits the whole time
			return
		case <-time.After(wait):
		}
	}
}

func (s *saver) take() map[airbyte.Descriptor]step {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := s.waiting
	s.waiting = map[airbyte.Descriptor]step{}
	return batch
}

// putBack keeps a batch that could not be written, unless something newer of
// the stream has come.
func (s *saver) putBack(batch map[airbyte.Descriptor]step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for d, st := range batch {
		if _, newer := s.waiting[d]; !newer {
			s.waiting[d] = st
		}
	}
}

func (s *saver) write(batch map[airbyte.Descriptor]step) error {
	ctx, cancel := context.WithTimeout(context.Background(), saveAtEnd)
	defer cancel()
	var positions []store.Position
	var resets []airbyte.Descriptor
	for d, st := range batch {
		if st.reset {
			resets = append(resets, d)
		} else {
			positions = append(positions, st.position)
		}
	}
	if len(resets) > 0 {
		if err := s.to.ClearCheckpoint(ctx, resets); err != nil {
			return err
		}
	}
	if len(positions) == 0 {
		return nil
	}
	return s.to.SaveCheckpoint(ctx, positions)
}
