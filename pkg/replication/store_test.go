package replication_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

var errDown = fmt.Errorf("redis is out of reach: %w", store.ErrUnavailable)

// TestALostLeaseEndsBothAndNothingIsWrittenAfter, not even when the store would
// take it again.
func TestALostLeaseEndsBothAndNothingIsWrittenAfter(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.fail = func(calls int) error {
		if calls == 1 {
			return fmt.Errorf("saving: %w", store.ErrFenced)
		}
		return nil
	}
	r := trial{
		source: func(p *process) int {
			for i := 0; p.say(record("users", i), streamState("users", i)) && p.sleep(time.Millisecond); i++ {
			}
			return 0
		},
		sourceHandles: true, destinationHandles: true,
		destination: echoes(nil, nil), store: m,
		cfg: replication.Config{SupportsRefreshes: true, Limits: replication.Limits{Grace: time.Hour}},
	}.start(t).is(store.Failed, "the lease of this connection is lost")
	if m.called() != 2 || r.ledger.Source.Exit.Signal != "SIGKILL" || r.ledger.Destination.Exit.Signal != "SIGKILL" {
		t.Errorf("%d writes, exits %+v %+v", m.called(), r.ledger.Source.Exit, r.ledger.Destination.Exit)
	}
}

func TestALeaseLostAtTheVeryEndFailsTheSync(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.fail = func(int) error { return store.ErrFenced }
	trial{source: says(0, streamState("users", 1)), destination: returns(func(s []string) []string { return s }), store: m}.
		start(t).is(store.Failed, "the lease of this connection is lost")
}

func TestAStoreThatComesBackLosesNothing(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.fail = func(calls int) error {
		if calls < 3 {
			return errDown
		}
		return nil
	}
	trial{
		source: func(p *process) int {
			p.say(record("users", 1), streamState("users", 1))
			for m.called() < 2 && p.sleep(time.Millisecond) {
			}
			p.say(record("users", 2), streamState("users", 2))
			return 0
		},
		destination: echoes(nil, nil), store: m,
	}.start(t).is(store.Succeeded).keeps(body("users", 2)).logs(true, "cannot save checkpoints, they are kept waiting: redis is out of reach")
}

func TestAStoreThatStaysAwayFailsTheSync(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"out of reach": errDown, "for good": errors.New("disk full")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			m.fail = func(int) error { return err }
			trial{
				source: says(0, record("users", 1), streamState("users", 1)), destination: echoes(nil, nil), store: m,
				cfg: replication.Config{Limits: replication.Limits{StoreWait: 300 * time.Millisecond}},
			}.start(t).is(store.Failed, "the destination has committed rows whose checkpoint cannot be saved: "+err.Error(), "will send them again").keeps("")
			if calls := m.called(); name == "for good" && calls > 2 || name == "out of reach" && calls < 2 {
				t.Errorf("tried %d times", calls)
			}
		})
	}
}

// TestASlowStoreStopsNobody: neither the reading of the destination's output
// nor the source waits for it, and the newest position wins.
func TestASlowStoreStopsNobody(t *testing.T) {
	t.Parallel()
	m := newMemory()
	gate := make(chan struct{})
	m.slow = gate
	trial{
		source: func(p *process) int {
			for i := range 2000 {
				p.say(record("users", i), streamState("users", i))
			}
			return 0
		},
		destination: func(p *process) int {
			for _, l := range p.drain() {
				if isState(l) {
					p.say(l + strings.Repeat(" ", 1000)) // far more than a pipe holds
				}
			}
			close(gate)
			return 0
		},
		store: m,
	}.start(t).is(store.Succeeded).keeps(body("users", 1999))
	if m.called() > 50 {
		t.Errorf("%d writes of 2000 states", m.called())
	}
}

func TestCheckpointsNeverGoBackwardsWhileTheStoreFails(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.fail = func(calls int) error {
		if calls%2 == 0 {
			return errDown
		}
		return nil
	}
	trial{
		source: func(p *process) int {
			for i := range 20 {
				p.say(record("users", i), streamState("users", 100+i))
				p.sleep(20 * time.Millisecond)
			}
			return 0
		},
		destination: echoes(nil, nil), store: m,
	}.start(t).is(store.Succeeded).keeps(body("users", 119))
	for i := 1; i < len(m.history); i++ {
		if m.history[i] < m.history[i-1] {
			t.Fatalf("%s after %s", m.history[i], m.history[i-1])
		}
	}
}

// unkillable cannot be reached by signals, like a pod behind a lost network.
type unkillable struct {
	*fakeRun
	told func()
}

func (u unkillable) Terminate(time.Duration) { u.told() }

// TestAfterAFenceNothingIsForwardedToADestinationThatLives: a successor may
// be writing to the same tables.
func TestAfterAFenceNothingIsForwardedToADestinationThatLives(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.fail = func(int) error { return store.ErrFenced }
	told := make(chan struct{})
	tell := sync.OnceFunc(func() { close(told) })
	var got strings.Builder
	d := unkillable{start(t, echoes(&got, nil)), tell}
	s := unkillable{start(t, func(p *process) int {
		p.say(record("users", 1), status("users", "COMPLETE"), streamState("users", 1))
		<-told
		p.say(record("users", 2))
		return 0
	}), tell}
	relay := replication.New(replication.Config{Streams: []replication.Stream{named("users")}, SupportsRefreshes: true, Checkpoints: m}, s, d)
	result{t: t, ledger: relay.Run(t.Context()), store: m}.is(store.Failed, "the lease of this connection is lost")
	if lines := strings.Count(got.String(), "\n"); lines != 2 {
		t.Errorf("the destination got:\n%s", got.String())
	}
}
