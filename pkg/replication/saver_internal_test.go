package replication

import (
	"context"
	"fmt"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// hook is a Checkpointer that calls a function.
type hook func(state string) error

func (h hook) SaveCheckpoint(_ context.Context, ps []store.Position) error {
	return h(string(ps[0].State))
}

func (h hook) ClearCheckpoint(context.Context, []airbyte.Descriptor) error { return h("cleared") }

// TestWhatComesWhileAWriteFailsIsNotOverwrittenByIt.
func TestWhatComesWhileAWriteFailsIsNotOverwrittenByIt(t *testing.T) {
	var s *saver
	var kept []string
	put := func(state string) { s.put([]step{{position: store.Position{State: []byte(state)}}}, 0) }
	ready := make(chan struct{})
	s = newSaver(hook(func(state string) error {
		<-ready
		if state == "first" {
			put("second")
			return fmt.Errorf("locked: %w", store.ErrUnavailable)
		}
		kept = append(kept, state)
		return nil
	}), time.Minute, nil, func(string, string, ...any) {}, atOnce())
	close(ready)
	put("first")
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if len(kept) != 1 || kept[0] != "second" {
		t.Errorf("kept %q", kept)
	}
}

// TestOfTheStepsOfAStreamTheLastCounts, be it a position or a reset.
func TestOfTheStepsOfAStreamTheLastCounts(t *testing.T) {
	position, reset := step{position: store.Position{State: []byte("position")}}, step{reset: true}
	for want, steps := range map[string][]step{"position": {reset, position}, "cleared": {position, reset}} {
		var kept []string
		s := newSaver(hook(func(state string) error { kept = append(kept, state); return nil }), time.Minute, nil, func(string, string, ...any) {}, atOnce())
		s.put(steps, 0)
		if err := s.close(); err != nil || len(kept) != 1 || kept[0] != want {
			t.Errorf("kept %q (%v), want %s", kept, err, want)
		}
	}
}

// atOnce lets a saver write from its start.
func atOnce() <-chan struct{} {
	ready := make(chan struct{})
	close(ready)
	return ready
}
