package replication_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// TestDrainKeepsWhatWasSent: the source is asked to end, may send its last
// state, the destination commits all of it.
func TestDrainKeepsWhatWasSent(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	trial{
		source: func(p *process) int {
			p.say(status("users", "COMPLETE"), status("orders", "STARTED"), record("users", 1), streamState("users", 1))
			<-p.term
			p.say(record("users", 2), streamState("users", 2))
			return 0
		},
		sourceHandles: true,
		destination: func(p *process) int { // commits at the end only
			lines := p.drain()
			got.WriteString(strings.Join(lines, "\n"))
			for _, l := range lines {
				if isState(l) {
					p.say(l)
				}
			}
			return 0
		},
		cfg: replication.Config{Streams: []replication.Stream{named("users"), named("orders")}, SupportsRefreshes: true, Limits: replication.Limits{Grace: time.Minute}},
		during: func(r *replication.Relay, _ context.CancelCauseFunc) {
			for r.Progress().Total.StatesSent < 1 {
				time.Sleep(time.Millisecond)
			}
			r.Drain()
			r.Drain()
		},
	}.start(t).is(store.Cancelled, "cancelled").keeps(body("users", 2))
	if s := got.String(); !strings.Contains(s, `{"name":"users"},"status":"COMPLETE"`) || strings.Contains(s, `{"name":"orders"},"status":"COMPLETE"`) {
		t.Errorf("the destination got:\n%s", s)
	}
}

func TestDrainOfASourceThatJustDies(t *testing.T) {
	t.Parallel()
	trial{
		source: func(p *process) int {
			p.say(record("users", 1), streamState("users", 1))
			_, _ = p.out.WriteString(`{"type":"RECORD","record":{"str`)
			return p.hang()
		},
		destination: returns(func(s []string) []string { return s }),
		during: func(r *replication.Relay, _ context.CancelCauseFunc) {
			for r.Progress().Total.StatesSent < 1 {
				time.Sleep(time.Millisecond)
			}
			r.Drain()
		},
	}.start(t).is(store.Cancelled, "cancelled").keeps(body("users", 1))
}

func TestDrainBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	relay := replication.New(replication.Config{Checkpoints: newMemory(), Streams: []replication.Stream{named("users")}},
		start(t, func(p *process) int { return p.hang() }), start(t, echoes(nil, nil)))
	relay.Drain()
	result{t: t, ledger: relay.Run(t.Context())}.is(store.Cancelled, "cancelled")
}

// TestTheEndOfTheContextEndsBothAtOnce, even those that ignore SIGTERM, with a
// long grace.
func TestTheEndOfTheContextEndsBothAtOnce(t *testing.T) {
	t.Parallel()
	hang := func(p *process) int { return p.hang() }
	r := trial{
		source: hang, destination: hang, sourceHandles: true, destinationHandles: true,
		cfg: replication.Config{Limits: replication.Limits{Grace: time.Hour}},
		during: func(_ *replication.Relay, cancel context.CancelCauseFunc) {
			cancel(errors.New("interrupted twice"))
		},
	}.start(t).is(store.Cancelled, "interrupted twice")
	if r.ledger.Source.Exit.Signal != "SIGKILL" || r.ledger.Destination.Exit.Signal != "SIGKILL" {
		t.Errorf("exits %+v, %+v", r.ledger.Source.Exit, r.ledger.Destination.Exit)
	}
}

func TestAnAbortAfterADrainEndsAtOnce(t *testing.T) {
	t.Parallel()
	hang := func(p *process) int { return p.hang() }
	trial{
		source: hang, destination: hang, sourceHandles: true, destinationHandles: true,
		cfg: replication.Config{Limits: replication.Limits{Grace: time.Hour}},
		during: func(r *replication.Relay, cancel context.CancelCauseFunc) {
			r.Drain()
			cancel(errors.New("a second time"))
		},
	}.start(t).is(store.Cancelled, "a second time")
}

// TestAnAbortWhileTheDestinationDoesNotReadEndsAtOnce: the relay is blocked in
// a write.
func TestAnAbortWhileTheDestinationDoesNotReadEndsAtOnce(t *testing.T) {
	t.Parallel()
	trial{
		source: func(p *process) int {
			for i := 0; p.say(record("users", i)); i++ {
			}
			return 0
		},
		destination: func(p *process) int { return p.hang() },
		during: func(r *replication.Relay, cancel context.CancelCauseFunc) {
			for r.Progress().Source.Lines < 100 && r.Progress().Elapsed < time.Second {
				time.Sleep(time.Millisecond)
			}
			cancel(nil)
		},
	}.start(t).is(store.Cancelled, "context canceled")
}
