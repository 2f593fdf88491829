package replication_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// TestTheEndOfASyncSurvivesKills: short syncs, in which relays mostly die while
// the last words are said, the destination ends, and the last states come back.
func TestTheEndOfASyncSurvivesKills(t *testing.T) {
	t.Parallel()
	for i := range 60 {
		var got string
		destination := hashes(&got)
		if i%2 == 1 { // states come back after the end only, and without ids
			destination = returns(eachWithoutID)
		}
		s := newLongSync(t, longSource(300), destination)
		s.cfg.Limits.MarkBytes = 1 + rand.Int64N(4<<10)
		kills := 0
		for {
			budget := 1 + rand.Int64N(12_000)
			if kills > 20 {
				budget = 0
			}
			l := s.next(budget)
			ledger := <-l.ledger
			if !l.network.isDead() {
				s.wait(life{ledger: filled(ledger)})
				if i%2 == 1 {
					got = undisturbed(t, s.cfg, 300)
				}
				s.whole(ledger, 300, got)
				break
			}
			kills++
		}
	}
}

// ended has a relay take over a sync and gives its ledger.
func (s *longSync) ended(during func(l life)) replication.Ledger {
	s.t.Helper()
	l := s.next(0)
	if during != nil {
		during(l)
	}
	return s.wait(l)
}

// some waits until so many records were relayed.
func (s *longSync) some(l life, n int64) {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); l.Progress().Total.Relayed < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%d records did not come\n%s", n, s.log)
		}
	}
}

// has checks an outcome and the beginning of its first reason.
func (s *longSync) has(l replication.Ledger, want store.Status, reason string) {
	s.t.Helper()
	if l.Outcome != want || len(l.Reasons) == 0 || !strings.HasPrefix(l.Reasons[0], reason) {
		s.t.Errorf("%s %q, want %s %q\n%s", l.Outcome, l.Reasons, want, reason, s.log)
	}
}

// slowly is a source that goes on for long.
func slowly(p *process) int {
	for i := 0; p.say(record("users", i), streamState("users", i)) && p.sleep(time.Millisecond); i++ {
	}
	return 1
}

func TestALostPodFailsTheSyncWithItsReason(t *testing.T) {
	t.Parallel()
	for _, which := range []string{"source", "destination"} {
		var got string
		s := newLongSync(t, slowly, hashes(&got))
		ledger := s.ended(func(l life) {
			s.some(l, 20)
			lost := s.source
			if which == "destination" {
				lost = s.dest
			}
			lost.change(func() { lost.lost = true })
		})
		s.has(ledger, store.Failed, "the "+which+" was lost: the pod is lost")
		if len(ledger.Reasons) > 1 && strings.Contains(ledger.Reasons[1], which+" ended is not known") {
			t.Errorf("the same is said twice: %q", ledger.Reasons)
		}
		if s.store.cursors["users"] == 0 {
			t.Error("nothing was kept")
		}
	}
}

// TestARelayThatIsSupersededTouchesNothing: it terminates neither connector and
// saves nothing more.
func TestARelayThatIsSupersededTouchesNothing(t *testing.T) {
	t.Parallel()
	var got string
	s := newLongSync(t, slowly, hashes(&got))
	first := s.next(0)
	s.some(first, 20)
	second := s.next(0)
	s.has(<-first.ledger, store.Failed, "")
	s.some(second, 100)
	if s.source.terminate+s.dest.terminate > 0 {
		t.Error("a connector was asked to end")
	}
	second.Drain()
	s.has(s.wait(second), store.Cancelled, "cancelled")
	for _, p := range s.store.problems {
		t.Error(p)
	}
}

// TestALostLeaseLeavesTheConnectorsToTheirNextRelay where they outlive this one.
func TestALostLeaseLeavesTheConnectorsToTheirNextRelay(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(s *longSync){
		"told by a save": func(s *longSync) { s.store.lease(99, &network{}) },
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			s := newLongSync(t, slowly, hashes(&got))
			s.has(s.ended(func(l life) { s.some(l, 20); lose(s) }), store.Failed, store.ErrFenced.Error())
			if s.source.terminate+s.dest.terminate > 0 {
				t.Error("a connector was asked to end")
			}
		})
	}
}

// TestADrainIsKnownToTheSuccessor: the sync stays cancelled.
func TestADrainIsKnownToTheSuccessor(t *testing.T) {
	t.Parallel()
	var got string
	stubborn := func(p *process) int {
		p.say(record("users", 1), streamState("users", 1))
		<-p.term
		p.say(record("users", 2), streamState("users", 2))
		return 0
	}
	s := newLongSync(t, nil, nil)
	s.source, s.dest = bridged(t, stubborn, true, 1<<20), bridged(t, hashes(&got), false, 1<<20)
	s.cfg.Limits.Grace = time.Minute
	first := s.next(0)
	s.some(first, 1)
	first.Drain()
	s.detach(first, map[string]int{})
	s.has(s.ended(nil), store.Cancelled, "cancelled")
	if s.store.cursors["users"] != 2 {
		t.Errorf("kept %v", s.store.cursors)
	}
}

// TestWhatCannotBeResumedEndsBothSides, with a reason, and nothing of it reaches
// the destination.
func TestWhatCannotBeResumedEndsBothSides(t *testing.T) {
	t.Parallel()
	for reason, spoil := range map[string]func(s *longSync){
		"has version 7": func(s *longSync) { s.dest.mark.version = 7 },
		"it is cut off": func(s *longSync) { s.dest.mark.snapshot = s.dest.mark.snapshot[:200] },
		"other streams": func(s *longSync) { s.cfg.Streams = s.cfg.Streams[:1] },
		"not kept": func(s *longSync) {
			s.source.await(func() bool { return int64(len(s.source.out)) > 10 })
			s.source.released += int64(len(s.source.out))
			s.source.out = nil
		},
		"other bytes": func(s *longSync) {
			s.dest.sinceMark, s.dest.accepted = append(s.dest.sinceMark, "xyz"...), s.dest.accepted+3
		},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			var got string
			s := newLongSync(t, slowly, hashes(&got))
			first := s.next(0)
			s.some(first, 20)
			s.detach(first, map[string]int{})
			s.source.change(func() { s.dest.change(func() { spoil(s) }) })
			accepted := s.dest.accepted
			ledger := s.ended(nil)
			s.has(ledger, store.Failed, "the attempt cannot be resumed, the next one starts from the checkpoint: ")
			if !strings.Contains(ledger.Reasons[0], reason) {
				t.Errorf("%q", ledger.Reasons)
			}
			if s.source.terminate == 0 || s.dest.terminate == 0 || s.dest.accepted != accepted {
				t.Errorf("terminated %d and %d times, %d bytes were added", s.source.terminate, s.dest.terminate, s.dest.accepted-accepted)
			}
		})
	}
}

// TestAFloodThatIsThrownAwayEnds: a source that breaks the protocol and has more
// to say than its bridge keeps can end all the same.
func TestAFloodThatIsThrownAwayEnds(t *testing.T) {
	t.Parallel()
	for name, destination := range map[string]program{
		"and the destination reads":        func(p *process) int { p.drain(); return 0 },
		"and the destination ended before": func(*process) int { return 3 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flood := func(p *process) int {
				p.say(record("users", 1), streamState("users", 1), asState(`{"type":"LEGACY","data":{"a":1}}`))
				line := strings.Repeat("x", 1<<20)
				for range 40 {
					if !p.say(line) {
						return 1
					}
				}
				return 0
			}
			s := newLongSync(t, nil, nil)
			s.source, s.dest = bridged(t, flood, true, 20<<20), bridged(t, destination, false, 1<<20)
			s.cfg.Limits.Grace = 30 * time.Second // the source ignores SIGTERM
			if l := s.ended(nil); l.Outcome != store.Failed {
				t.Errorf("%s %q", l.Outcome, l.Reasons)
			}
			if s.source.run.exit.Code != 0 {
				t.Errorf("the source did not end by itself: %+v", s.source.run.exit)
			}
		})
	}
}

func TestARelayOfPlainProcessesCannotBeDetached(t *testing.T) {
	t.Parallel()
	trial{
		source: says(0, record("users", 1)), destination: echoes(nil, nil),
		during: func(r *replication.Relay, _ cancelFunc) {
			if err := r.Detach(t.Context()); err == nil {
				t.Error("it was detached")
			}
		},
	}.start(t).is(store.Succeeded)
}

// TestDetachDoesNotWaitForADestinationThatTakesNothing longer than its context.
func TestDetachDoesNotWaitForADestinationThatTakesNothing(t *testing.T) {
	t.Parallel()
	wake := make(chan struct{})
	var got string
	s := newLongSync(t, nil, nil)
	// The source has more than there is room for on the way, without a mark.
	s.source = bridged(t, longSource(10_000), false, 1<<20)
	s.dest = bridged(t, func(p *process) int { <-wake; return hashes(&got)(p) }, false, 64<<10)
	l := s.next(0)
	s.dest.mu.Lock()
	s.dest.await(func() bool { return len(s.dest.waiting) >= inputSize && l.to.queued >= stagingSize })
	s.dest.mu.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := l.Detach(ctx); err == nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if ledger := <-l.ledger; !ledger.Detached || ledger.Outcome != store.Running {
		t.Errorf("%+v", ledger)
	}
	close(wake)
	s.whole(s.ended(nil), 10_000, got)
}

// TestMarksFollowASilentSource, when states come back meanwhile.
func TestMarksFollowASilentSource(t *testing.T) {
	t.Parallel()
	silent := make(chan struct{})
	source := func(p *process) int {
		p.say(record("users", 1), streamState("users", 1))
		<-silent
		return 0
	}
	release := make(chan struct{})
	destination := func(p *process) int {
		_, _ = p.line()
		state, _ := p.line()
		<-release
		p.say(state)
		p.drain()
		return 0
	}
	s := newLongSync(t, source, destination)
	ledger := s.ended(func(l life) {
		s.some(l, 1)
		marked := func(ok func(m *modelMark) bool) {
			s.dest.mu.Lock()
			defer s.dest.mu.Unlock()
			for s.dest.mark == nil || !ok(s.dest.mark) {
				s.dest.changed.Wait()
			}
		}
		marked(func(m *modelMark) bool { return m.source > 0 && m.stdout == 0 })
		close(release)
		marked(func(m *modelMark) bool { return m.stdout > 0 })
		close(silent)
	})
	if ledger.Outcome != store.Succeeded {
		t.Errorf("%s %q", ledger.Outcome, ledger.Reasons)
	}
}

// TestARelayThatIsDetachedBeforeItBeganTouchesNothing, wherever in its beginning
// that is.
func TestARelayThatIsDetachedBeforeItBeganTouchesNothing(t *testing.T) {
	t.Parallel()
	var got string
	s := newLongSync(t, longSource(1000), hashes(&got))
	for range 100 {
		s.detach(s.next(0), map[string]int{})
	}
	s.whole(s.ended(nil), 1000, got)
	if s.source.terminate+s.dest.terminate > 0 {
		t.Error("a connector was asked to end")
	}
}
