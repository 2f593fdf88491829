package sidecar

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// scene is a watch in a bubble, whose time is the test's.
type scene struct {
	mu       sync.Mutex
	state    LeaseState
	err      error
	delay    time.Duration
	detached time.Time
	ended    error
	after    time.Duration
}

// State is the store's answer.
func (s *scene) State(ctx context.Context) (LeaseState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-time.After(s.delay):
		return s.state, s.err
	case <-ctx.Done():
		return LeaseState{}, ctx.Err()
	}
}

func (s *scene) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *scene) is(l LeaseState)  { s.change(func() { s.state = l }) }
func (s *scene) fails(err error)  { s.change(func() { s.err = err }) }
func (s *scene) relayLeaves()     { s.change(func() { s.detached = time.Now() }) }
func (s *scene) relayComes()      { s.change(func() { s.detached = time.Time{} }) }
func (s *scene) since() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.detached }

const ttl = 15 * time.Second

var ours = LeaseState{Held: true, Sync: testSync}

// play runs a watch for at most limit while the script changes the scene.
func (s *scene) play(t *testing.T, limit time.Duration, script func(s *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := Config{Lease: s, Sync: testSync, TTL: ttl, Absence: ttl / 2, Log: slog.New(slog.DiscardHandler)}
		w := newWatch(c, s.since)
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		began := time.Now()
		go script(s)
		s.ended = w.run(ctx)
		s.after = time.Since(began)
	})
}

var errDown = errors.New("connection refused")

func TestTheLeaseDecidesWhenAConnectorEnds(t *testing.T) {
	const never = time.Duration(0)
	for name, c := range map[string]struct {
		script     func(s *scene)
		from, to   time.Duration // when it ends; 0: never
		reasonSays string
	}{
		"held throughout": {script: func(*scene) {}},
		"of another sync": {func(s *scene) {
			time.Sleep(20 * time.Second)
			s.is(LeaseState{Held: true, Sync: 8})
		}, 20 * time.Second, 25*time.Second + 1, "sync 8"},
		"gone": {func(s *scene) {
			time.Sleep(21 * time.Second)
			s.is(LeaseState{})
		}, 21*time.Second + ttl/2, 21*time.Second + ttl, "nobody"},
		"gone though a relay is attached": {func(s *scene) { s.is(LeaseState{}) }, ttl / 2, ttl, "nobody"},
		"taken over in time": {script: func(s *scene) {
			for range 20 {
				s.is(LeaseState{})
				time.Sleep(7 * time.Second)
				s.is(ours)
				time.Sleep(6 * time.Second)
			}
		}},
		"taken by one who names no sync in time": {func(s *scene) { s.is(LeaseState{Held: true}) }, ttl / 2, ttl, "nobody"},
		"taken by one who names the sync late": {script: func(s *scene) {
			s.is(LeaseState{Held: true})
			time.Sleep(7 * time.Second)
			s.is(ours)
		}},
		"store out of reach, relay attached": {script: func(s *scene) { s.fails(errDown) }},
		"no store at all, relay attached":    {script: func(s *scene) { s.fails(ErrAlone) }},
		"no store at all, no relay": {func(s *scene) {
			s.fails(ErrAlone)
			time.Sleep(100 * time.Second)
			s.relayLeaves()
		}, 100*time.Second + ttl, 100*time.Second + 2*ttl, "no relay has been attached"},
		"no store at all, a relay comes back": {script: func(s *scene) {
			s.fails(ErrAlone)
			for range 20 {
				s.relayLeaves()
				time.Sleep(10 * time.Second)
				s.relayComes()
				time.Sleep(6 * time.Second)
			}
		}},
		"store out of reach, no relay": {func(s *scene) {
			s.fails(errDown)
			s.relayLeaves()
		}, ttl, 2 * ttl, "connection refused"},
		"store out of reach, the relay leaves later": {func(s *scene) {
			s.fails(errDown)
			time.Sleep(100 * time.Second)
			s.relayLeaves()
		}, 100*time.Second + ttl, 100*time.Second + 2*ttl, "connection refused"},
		"store out of reach, relays come and go": {script: func(s *scene) {
			s.fails(errDown)
			for range 50 {
				s.relayLeaves()
				time.Sleep(14 * time.Second)
				s.relayComes()
				time.Sleep(2 * time.Second)
			}
		}},
		"store back in time": {script: func(s *scene) {
			s.relayLeaves()
			for range 20 {
				s.fails(errDown)
				time.Sleep(14 * time.Second)
				s.fails(nil)
				time.Sleep(6 * time.Second)
			}
		}},
		"store out of reach between two absences": {script: func(s *scene) {
			s.is(LeaseState{})
			time.Sleep(6 * time.Second)
			s.fails(errDown)
			time.Sleep(10 * time.Second)
			s.fails(nil)
			time.Sleep(6 * time.Second)
			s.is(ours)
		}},
		"store that hangs, no relay": {func(s *scene) {
			s.change(func() { s.delay = time.Hour })
			s.relayLeaves()
		}, ttl, 2*ttl + ttl/3, "deadline"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scene{state: ours}
			s.play(t, 1000*time.Second, c.script)
			switch {
			case c.to == never && s.ended != nil:
				t.Errorf("it ended after %v: %v", s.after, s.ended)
			case c.to != never && (s.ended == nil || s.after < c.from || s.after > c.to):
				t.Errorf("it ended after %v (%v), want between %v and %v", s.after, s.ended, c.from, c.to)
			case c.to != never && !strings.Contains(s.ended.Error(), c.reasonSays):
				t.Errorf("the reason is %v", s.ended)
			}
		})
	}
}

// frozen answers what was true before the process was stopped.
type frozen struct{ asked int }

func (f *frozen) State(context.Context) (LeaseState, error) {
	if f.asked++; f.asked == 2 {
		time.Sleep(time.Hour) // the answer lay in the socket: no timeout was seen
		return ours, nil
	}
	if f.asked > 2 {
		return LeaseState{Held: true, Sync: 8}, nil
	}
	return ours, nil
}

func TestAnAnswerFromBeforeAFreezeIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &frozen{}
		w := newWatch(Config{Lease: f, Sync: testSync, TTL: ttl, Absence: ttl / 2, Log: slog.New(slog.DiscardHandler)},
			func() time.Time { return time.Time{} })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		waited := make(chan error, 1)
		go func() {
			time.Sleep(30 * time.Minute)
			waited <- w.fresh(ctx) // frames that came meanwhile
		}()
		if err := w.run(ctx); err == nil || !strings.Contains(err.Error(), "sync 8") {
			t.Errorf("it believed: %v", err)
		}
		synctest.Wait()
		select {
		case err := <-waited:
			t.Errorf("a frame was let by: %v", err)
		default:
		}
		cancel()
		if err := <-waited; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAfterAFreezeFramesWaitForALook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &scene{state: ours}
		w := newWatch(Config{Lease: f, Sync: testSync, TTL: ttl, Absence: ttl / 2, Log: slog.New(slog.DiscardHandler)},
			func() time.Time { return time.Time{} })
		if err := w.fresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(ttl + 1) // nobody looks
		took := make(chan time.Duration, 1)
		began := time.Now()
		go func() {
			if err := w.fresh(t.Context()); err != nil {
				t.Error(err)
			}
			took <- time.Since(began)
		}()
		time.Sleep(time.Second)
		if err := w.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := <-took; d < time.Second {
			t.Errorf("it went on after %v, before the look", d)
		}
	})
}
