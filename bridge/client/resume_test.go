package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/wire"
)

// pair is a source and a destination that run, and what a relay that nothing
// disturbs would bring from one to the other.
type pair struct {
	source, destination *fakeBridge
	from, to            string
	want                []byte
}

func newPair(t *testing.T, size int) *pair {
	p := &pair{source: runningBridge(t), destination: runningBridge(t)}
	all := noise(size, uint64(size))
	p.source.produce(wire.Stdout, all)
	p.source.finish(wire.ExitPayload{})
	p.want = (&toy{}).feed(nil, all)
	p.from, p.to = p.source.listen(), p.destination.listen()
	return p
}

// through has relays with these plans one after the other, and one that
// finishes.
func (p *pair) through(t testing.TB, plans []plan) {
	var zombies sync.WaitGroup
	for i, plan := range append(plans, plan{read: 8000, markEvery: 3}) {
		l := newLife(t, plan, int64(i+1), p.from, p.to)
		if l.begin(&zombies) {
			break
		}
	}
	zombies.Wait()
	p.destination.await(func() bool { return p.destination.ended })
	if got := p.destination.stdin; !bytes.Equal(got, p.want) {
		t.Fatalf("the destination's %d bytes are not the %d that were due", len(got), len(p.want))
	}
}

// begin lives a life, or lets it go on beside the next ones.
func (l *life) begin(zombies *sync.WaitGroup) (finished bool) {
	if l.plan.end == superseded {
		zombies.Go(func() {
			l.plan.reads = 1 << 30
			if all, err := l.live(); !all && !errors.Is(err, client.ErrSuperseded) {
				l.t.Errorf("a relay with a successor ended with %v", err)
			}
			l.leave()
		})
		return false
	}
	finished, err := l.live()
	if err != nil {
		l.t.Fatalf("relaying: %v", err)
	}
	if l.plan.end == killed && !finished {
		l.network.kill()
	}
	if finished { // what was written must be accepted before the relay goes
		l.settle()
	}
	l.leave()
	return finished
}

// settle waits until a mark behind the end is remembered: then all before it is.
func (l *life) settle() {
	known := make(chan struct{}, maxPending)
	l.dst.OnMarked(func(m wire.MarkPayload) {
		if m.Stdout == lastWords {
			known <- struct{}{}
		}
	})
	if err := l.dst.Mark(wire.MarkPayload{Source: l.at, Stdout: lastWords}, nil); err != nil {
		l.t.Fatalf("the mark behind the end: %v", err)
	}
	<-known
}

const (
	maxPending = 8
	lastWords  = 99
)

func TestAnySuccessionOfRelaysBringsTheSameBytes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := newPair(t, rapid.IntRange(0, 400_000).Draw(r, "size"))
		plans := rapid.SliceOfN(rapid.Custom(drawPlan), 0, 6).Draw(r, "plans")
		p.through(t, plans)
	})
}

func drawPlan(r *rapid.T) plan {
	return plan{
		read:      rapid.IntRange(1, 20_000).Draw(r, "read"),
		markEvery: rapid.IntRange(1, 8).Draw(r, "mark every"),
		reads:     rapid.IntRange(0, 30).Draw(r, "reads"),
		end:       end(rapid.IntRange(int(detaches), int(superseded)).Draw(r, "end")),
		cut:       rapid.SampledFrom([]int{0, 0, 2, 5}).Draw(r, "cut"),
	}
}

func TestDetachAndAttachOverAndOver(t *testing.T) {
	p := newPair(t, 3<<20)
	plans := make([]plan, 100)
	for i := range plans {
		plans[i] = plan{read: 10_000, markEvery: 1 + i%3, reads: 6, end: detaches}
	}
	p.through(t, plans)
}

// resumed attaches to a destination that has accepted some bytes behind a mark.
func resumed(t *testing.T, ended bool) (*fakeBridge, *client.Run) {
	b := runningBridge(t)
	b.stdin, b.ended = []byte("before|after the mark"), ended
	b.consumed = int64(len(b.stdin))
	b.hash = wire.NewSum()
	b.hash.Write([]byte("after the mark"))
	b.snapshot = []byte("what I knew")
	b.mark = &wire.MarkPayload{Offset: 7, Source: 50, Stdout: 3, Checkpointed: 2, Version: 4, Snapshot: 11}
	b.produce(wire.Stdout, []byte("0123456789"))
	return b, attach(t, config(b.listen(), 2))
}

func TestASuccessorLearnsWhereToGoOn(t *testing.T) {
	b, run := resumed(t, false)
	mark, snapshot, accepted := run.Resume()
	if mark == nil || *mark != *b.mark || string(snapshot) != "what I knew" || accepted != 21 || run.State() != wire.Running {
		t.Errorf("got %+v, %q, %d", mark, snapshot, accepted)
	}
	if err := run.ReadFrom(mark.Stdout); err != nil {
		t.Error(err)
	}
	got := make([]byte, 7)
	if _, err := io.ReadFull(run.Stdout(), got); err != nil || string(got) != "3456789" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, piece := range []string{"af", "ter the", " mark and more", "!"} {
		if err := run.Mark(wire.MarkPayload{}, nil); !errors.Is(err, client.ErrBehind) && piece != "!" {
			t.Errorf("a mark before %q: %v", piece, err)
		}
		if n, err := run.Stdin().Write([]byte(piece)); err != nil || n != len(piece) {
			t.Errorf("%d, %v", n, err)
		}
	}
	b.await(func() bool { return string(b.stdin) == "before|after the mark and more!" && b.marks == 1 })
	leave(t, run)
}

func TestOtherBytesThanBeforeAreNeverSent(t *testing.T) {
	for name, c := range map[string]struct {
		ended bool
		write string
	}{
		"others":           {false, "after the murk"},
		"others and more":  {false, "after the murk and more"},
		"too few":          {false, "after"},
		"none":             {false, ""},
		"behind their end": {true, "after the mark and more"},
		"short of the end": {true, "after the mar"},
	} {
		b, run := resumed(t, c.ended)
		_, err := run.Stdin().Write([]byte(c.write))
		err = errors.Join(err, run.Stdin().Close())
		var mismatch *client.MismatchError
		if !errors.As(err, &mismatch) || mismatch.From != 7 || mismatch.To != 21 {
			t.Errorf("%s: got %v", name, err)
		}
		run.Terminate(0) // still works
		b.await(func() bool { return len(b.graces) == 1 })
		if string(b.stdin) != "before|after the mark" || b.marks > 0 {
			t.Errorf("%s: something was sent: %q", name, b.stdin)
		}
		leave(t, run)
	}
}

func TestTheSameEndIsTaken(t *testing.T) {
	_, run := resumed(t, true)
	if _, err := run.Stdin().Write([]byte("after the mark")); err != nil {
		t.Error(err)
	}
	if err := run.Stdin().Close(); err != nil {
		t.Error(err)
	}
	leave(t, run)
}

func TestAHashThatBelongsToNothingIsAMismatch(t *testing.T) {
	b := runningBridge(t)
	b.hash.Write([]byte("x"))
	run := attach(t, config(b.listen(), 2))
	var mismatch *client.MismatchError
	if _, err := run.Stdin().Write([]byte("x")); !errors.As(err, &mismatch) {
		t.Errorf("got %v, the hash was %s", err, b.hash.Text())
	}
	leave(t, run)
}

func TestBytesThatAreNoLongerKeptCannotBeRead(t *testing.T) {
	b := runningBridge(t)
	b.produce(wire.Stdout, make([]byte, 100))
	b.out[wire.Stdout].kept = 50
	run := attach(t, config(b.listen(), 2))
	for _, offset := range []int64{49, 101} {
		if err := run.ReadFrom(offset); !errors.Is(err, client.ErrNotKept) {
			t.Errorf("%d: got %v", offset, err)
		}
	}
	leave(t, run)
}

func TestADetachedRunAnswersSo(t *testing.T) {
	b := runningBridge(t)
	run := attach(t, config(b.listen(), 1))
	read := make(chan error)
	go func() { _, err := run.Stdout().Read(make([]byte, 1)); read <- err }()
	leave(t, run)
	_, wrote := run.Stdin().Write([]byte("x"))
	_, waited := run.Wait()
	for what, err := range map[string]error{
		"read": <-read, "write": wrote, "wait": waited,
		"mark": run.Mark(wire.MarkPayload{}, nil),
	} {
		if !errors.Is(err, client.ErrDetached) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.detached != 1 {
		t.Errorf("DETACH came %d times", b.detached)
	}
}

func TestDetachEndsWithItsContextWhenTheBridgeHangs(t *testing.T) {
	b := runningBridge(t)
	b.cut = func(in bool, f wire.Frame) bool { // never answers, never ends
		for in && f.Type == wire.Detach && !b.done {
			b.changed.Wait()
		}
		return false
	}
	run := attach(t, config(b.listen(), 1))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := run.Detach(ctx); err == nil {
		t.Error("a DETACH that nobody answered is told as answered")
	}
	b.change(func() { b.done = true })
}
