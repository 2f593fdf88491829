package replication_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// longSource sends n records of three streams, with a state now and then.
func longSource(n int) program {
	return func(p *process) int {
		streams := []string{"users", "orders", "items"}
		for _, s := range streams {
			p.say(status(s, "STARTED"))
		}
		for i := range n {
			s := streams[i/50%3]
			line := record(s, i)
			if i%50 == 49 {
				line += "\n" + streamState(s, i)
			}
			if i%1000 == 0 {
				line += "\nprogress " + itoa(int64(i))
			}
			if !p.say(line) {
				return 1
			}
		}
		for i, s := range streams {
			p.say(streamState(s, n+i), status(s, "COMPLETE"))
		}
		return 0
	}
}

// hashes is a destination that returns every state, and the hash of what it got.
func hashes(sum *string) program {
	return func(p *process) int {
		h := sha256.New()
		for {
			l, ok := p.line()
			if !ok {
				break
			}
			_, _ = io.WriteString(h, l+"\n")
			if isState(l) && !p.say(l) {
				return 1
			}
		}
		*sum = hex.EncodeToString(h.Sum(nil))
		return 0
	}
}

// fencedMemory is a store that knows epochs, and sees that cursors never go back.
type fencedMemory struct {
	mu       sync.Mutex
	epoch    int64
	cursors  map[string]int
	problems []string
	saves    int
}

var cursorOf = regexp.MustCompile(`"cursor":(\d+)`)

type fencedLease struct {
	*fencedMemory
	own     int64
	network *network
}

func (m *fencedMemory) lease(epoch int64, n *network) fencedLease {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epoch = epoch
	return fencedLease{m, epoch, n}
}

func (l fencedLease) SaveCheckpoint(_ context.Context, ps []store.Position) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.own < l.epoch || l.network.isDead() {
		return store.ErrFenced
	}
	for _, p := range ps {
		cursor, err := strconv.Atoi(cursorOf.FindStringSubmatch(string(p.State))[1])
		if err != nil || cursor < l.cursors[p.Stream.Name] {
			l.problems = append(l.problems, fmt.Sprintf("epoch %d: %s went from %d back to %d", l.own, p.Stream.Name, l.cursors[p.Stream.Name], cursor))
		}
		l.cursors[p.Stream.Name] = cursor
	}
	l.saves++
	return nil
}

func (l fencedLease) ClearCheckpoint(context.Context, []airbyte.Descriptor) error { return nil }

// longSync is a sync that many relays bring to its end.
type longSync struct {
	t      tb
	cfg    replication.Config
	source *bridgeModel
	dest   *bridgeModel
	store  *fencedMemory
	log    *logbook
	epoch  int64
	lives  sync.WaitGroup

	mu   sync.Mutex
	ends map[string]int // first reasons of all relays
}

// noteEnd counts how relays end.
func (s *longSync) noteEnd(l replication.Ledger) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(l.Reasons) > 0 {
		s.ends[l.Reasons[0]]++
	}
}

func newLongSync(t tb, source, destination program) *longSync {
	s := &longSync{t: t, store: &fencedMemory{cursors: map[string]int{}}, log: &logbook{}, ends: map[string]int{}}
	if source != nil { // else the test makes its own bridges
		s.source, s.dest = bridged(t, source, false, 64<<10), bridged(t, destination, false, 64<<10)
	}
	s.cfg = replication.Config{
		Streams:           []replication.Stream{named("users"), named("orders"), named("items")},
		SupportsRefreshes: true,
		Emitted:           time.UnixMilli(1_700_000_000_000),
		Limits:            replication.Limits{MarkBytes: 8 << 10, MarkEvery: 5 * time.Millisecond, Grace: 200 * time.Millisecond},
		Log:               s.log.log,
	}
	s.cfg.Streams[2].As = airbyte.Descriptor{Namespace: "raw", Name: "things"}
	return s
}

// life is one relay of a longSync.
type life struct {
	*replication.Relay
	network *network
	to      *bridgeRun
	ledger  chan replication.Ledger
}

// next has a relay take over; it dies behind so many bytes, if that is not 0.
func (s *longSync) next(budget int64) life {
	s.epoch++
	n := &network{budget: budget}
	cfg := s.cfg
	destination, resume := s.dest.attach(s.epoch, n)
	source, _ := s.source.attach(s.epoch, n)
	if s.epoch > 1 {
		cfg.Resume = resume
	}
	cfg.Checkpoints = s.store.lease(s.epoch, n)
	l := life{replication.New(cfg, source, destination), n, destination, make(chan replication.Ledger, 1)}
	s.lives.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		ledger := l.Run(ctx)
		s.noteEnd(ledger)
		l.ledger <- ledger
	})
	return l
}

// wait gives the ledger of the relay that comes to the end.
func (s *longSync) wait(l life) replication.Ledger {
	s.t.Helper()
	ledger := <-l.ledger
	s.lives.Wait()
	return ledger
}

// whole checks that the sync has ended as one that nothing disturbed.
func (s *longSync) whole(l replication.Ledger, n int, got string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.Outcome != store.Succeeded || l.Total.Relayed != int64(n) || l.Total.StatesSent != int64(n/50+3) || l.Total.StatesReturned != l.Total.StatesSent {
		s.t.Errorf("%s %q: %+v; relays ended with %v", l.Outcome, l.Reasons, l.Total, s.ends)
	}
	if l.Source.LogLines != int64((n+999)/1000+6) || l.Destination.Lines != l.Total.StatesSent {
		s.t.Errorf("%d lines of log from the source, %d lines from the destination", l.Source.LogLines, l.Destination.Lines)
	}
	if want := undisturbed(s.t, s.cfg, n); got != want {
		s.t.Errorf("the destination got other bytes: %s, want %s", got, want)
	}
	for i, name := range []string{"users", "orders", "items"} {
		if s.store.cursors[name] != n+i {
			s.t.Errorf("the checkpoint of %s is %d, want %d", name, s.store.cursors[name], n+i)
		}
	}
	for _, p := range s.store.problems {
		s.t.Errorf("%s", p)
	}
}

// undisturbed gives the hash of a sync over plain pipes.
func undisturbed(t tb, cfg replication.Config, n int) (sum string) {
	t.Helper()
	cfg.Log = nil
	r := trial{source: longSource(n), destination: hashes(&sum), cfg: cfg}.start(t)
	if r.ledger.Outcome != store.Succeeded {
		t.Fatalf("undisturbed: %s %q", r.ledger.Outcome, r.ledger.Reasons)
	}
	return sum
}

// TestRelaysKilledOverAndOverBringTheSameBytes: each dies behind some random
// byte, as with kill -9; its successor starts at once.
func TestRelaysKilledOverAndOverBringTheSameBytes(t *testing.T) {
	t.Parallel()
	const records = 120_000
	var got string
	s := newLongSync(t, longSource(records), hashes(&got))
	kills := 0
	for {
		l := s.next(1 + rand.Int64N(60_000))
		ledger := <-l.ledger
		if !l.network.isDead() {
			s.whole(s.wait(life{ledger: filled(ledger)}), records, got)
			break
		}
		kills++
	}
	if t.Logf("%d relays were killed, %d marks, %d saves", kills, s.dest.marks, s.store.saves); kills < 200 {
		t.Errorf("only %d relays were killed", kills)
	}
	if s.source.terminate+s.dest.terminate > 0 {
		t.Error("a connector was asked to end")
	}
}

func filled(l replication.Ledger) chan replication.Ledger {
	c := make(chan replication.Ledger, 1)
	c <- l
	return c
}

// TestRelaysThatDetachBringTheSameBytes, as those that are superseded while they
// still run, and those that are killed: in any order.
func TestRelaysThatDetachBringTheSameBytes(t *testing.T) {
	t.Parallel()
	const records = 60_000
	var got string
	s := newLongSync(t, longSource(records), hashes(&got))
	ends := map[string]int{}
	for {
		l := s.next(0)
		select {
		case ledger := <-l.ledger:
			s.whole(s.wait(life{ledger: filled(ledger)}), records, got)
			if t.Logf("%v, %d marks", ends, s.dest.marks); s.source.terminate+s.dest.terminate > 0 {
				t.Error("a connector was asked to end")
			}
			return
		case <-time.After(time.Duration(rand.IntN(8_000)) * time.Microsecond):
		}
		switch rand.IntN(3) {
		case 0:
			s.detach(l, ends)
		case 1:
			ends["superseded"]++
		default:
			l.network.kill()
			ends["killed"]++
		}
	}
}

func (s *longSync) detach(l life, ends map[string]int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := l.Detach(ctx); err != nil {
		s.t.Errorf("detaching: %v", err)
	}
	ledger := <-l.ledger
	if ledger.Detached {
		ends["detached"]++
	} else {
		ends["ended before"]++
	}
	l.ledger <- ledger
}
