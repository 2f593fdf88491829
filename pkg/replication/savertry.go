package replication

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// save tries until everything waiting is durable, until trying again cannot
// help, or until one of the channels says that it is enough.
func (s *saver) save(interrupt <-chan struct{}, giveUp <-chan time.Time) {
	for wait := saveRetryFirst; ; wait = min(2*wait, saveRetryMax) {
		batch := s.take()
		if len(batch) == 0 {
			return
		}
		before := s.err
		if s.err = s.write(batch, giveUp != nil); s.err == nil {
			s.written()
			continue
		}
		s.putBack(batch)
		if s.ctx.Err() != nil || !s.worthTrying(before) {
			return
		}
		select {
		case <-interrupt: // a nil channel never speaks
			return
		case <-giveUp:
			return
		case <-time.After(wait):
		}
	}
}

// worthTrying judges the last failure. A lease is often lost only because the
// store could not be written to for long (a full disk): then that is what the user
// has to know, and before, the failure of the try before, tells it.
func (s *saver) worthTrying(before error) bool {
	if errors.Is(s.err, store.ErrFenced) {
		if before != nil {
			s.err = fmt.Errorf("%w; it could not be renewed or used before: %w", s.err, before)
		}
		s.onFenced(s.err)
		return false
	}
	s.log("WARN", "cannot save checkpoints, they are kept waiting: %v", s.err)
	return errors.Is(s.err, store.ErrUnavailable) || errors.Is(s.err, context.DeadlineExceeded)
}

// take gives what is waiting, in an order that does not vary.
func (s *saver) take() []step {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing, s.taken = inOrder(s.waiting), s.understood
	clear(s.waiting)
	return s.writing
}

// inOrder gives steps in an order that does not vary.
func inOrder(steps map[airbyte.Descriptor]step) []step {
	batch := make([]step, 0, len(steps))
	for _, st := range steps {
		batch = append(batch, st)
	}
	slices.SortFunc(batch, func(a, b step) int { return store.CompareStreams(a.stream, b.stream) })
	return batch
}

// written notes that what was taken is durable.
func (s *saver) written() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing, s.durable = nil, s.taken
}

// putBack keeps a batch that could not be written, unless something newer of
// the stream has come.
func (s *saver) putBack(batch []step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = nil
	for _, st := range batch {
		if _, newer := s.waiting[st.stream]; !newer {
			s.waiting[st.stream] = st
		}
	}
}

func (s *saver) write(batch []step, last bool) error {
	limit := saveTimeout
	if last {
		limit = max(s.patience, time.Second)
	}
	ctx, cancel := context.WithTimeout(s.ctx, limit)
	defer cancel()
	var positions []store.Position
	var resets []airbyte.Descriptor
	for _, st := range batch {
		if st.reset {
			resets = append(resets, st.stream)
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
