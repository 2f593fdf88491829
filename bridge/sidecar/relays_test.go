//go:build linux

package sidecar

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"knelt.dev/bridge/wire"
)

func refusal(t *testing.T, err error) wire.RefusedPayload {
	t.Helper()
	var no *refusedError
	if !errors.As(err, &no) {
		t.Fatalf("got %v, want REFUSED", err)
	}
	return no.RefusedPayload
}

func TestWhoIsNotTheRelayOfThisSyncIsRefused(t *testing.T) {
	p := newPod(t)
	right := p.attach(5)
	for name, c := range map[string]struct {
		attach wire.AttachPayload
		code   wire.RefusalCode
	}{
		"another version":    {wire.AttachPayload{Version: 2, Connection: testConnection, Sync: testSync, Epoch: 9}, wire.RefusedVersion},
		"another sync":       {wire.AttachPayload{Version: 1, Connection: testConnection, Sync: 8, Epoch: 9}, wire.RefusedSync},
		"another connection": {wire.AttachPayload{Version: 1, Connection: "x", Sync: testSync, Epoch: 9}, wire.RefusedSync},
		"a lower epoch":      {wire.AttachPayload{Version: 1, Connection: testConnection, Sync: testSync, Epoch: 4}, wire.RefusedEpoch},
		"no epoch":           {wire.AttachPayload{Version: 1, Connection: testConnection, Sync: testSync}, wire.RefusedProtocol},
	} {
		r, err := p.dial(nil)
		if err != nil {
			t.Fatal(err)
		}
		no := refusal(t, r.greet(c.attach))
		if no.Code != c.code || no.Message == "" || (c.code == wire.RefusedEpoch && no.Epoch != 5) {
			t.Errorf("%s: %+v", name, no)
		}
		r.gone() // the last frame
		r.close()
	}
	right.send(wire.Frame{Type: wire.Ping, Offset: 3})
	if f := right.expect(wire.Pong); f.Offset != 3 {
		t.Errorf("PONG %d", f.Offset)
	}
}

func TestAnEqualOrHigherEpochCutsTheRelayOff(t *testing.T) {
	p := newPod(t)
	for _, epochs := range [][2]int64{{3, 3}, {3, 4}, {4, 9}, {9, 9}} {
		before := p.attach(epochs[0])
		after := p.attach(epochs[1])
		before.gone()
		after.send(wire.Frame{Type: wire.Ping})
		if err := after.reply(); err != nil {
			t.Errorf("epochs %v: the new relay got %v", epochs, err)
		}
	}
	if no := refusal(t, func() error { _, err := p.tryAttach(8, nil); return err }()); no.Code != wire.RefusedEpoch || no.Epoch != 9 {
		t.Errorf("%+v", no)
	}
}

// TestNoByteOfACutRelayIsAppliedAfterItsSuccessorCame: two relays write to the
// same stdin as fast as they can while epochs rise. What the connector gets must
// be what the bridge told each successor, never a mix.
func TestNoByteOfACutRelayIsAppliedAfterItsSuccessorCame(t *testing.T) {
	p := newPod(t).launch("hash")
	p.attach(1).start("write")
	var all []byte // as the bridge accepted it, by what each relay knows of its own
	for epoch := int64(2); epoch < 40; epoch++ {
		r := p.attach(epoch)
		accepted := r.attached.Stdin.Accepted
		if accepted < int64(len(all)) {
			t.Fatalf("epoch %d: %d bytes accepted, %d before", epoch, accepted, len(all))
		}
		// The predecessor wrote its own letter without end: how much of it was
		// accepted is known only now.
		all = append(all, strings.Repeat(letter(epoch-1), int(accepted)-len(all))...)
		if wire.SumOf(all) != r.attached.Stdin.Hash {
			t.Fatalf("epoch %d: the hash of %d bytes is wrong", epoch, len(all))
		}
		go r.flood(accepted, letter(epoch), []int64{1000, 60_000}[epoch%2])
	}
	r := p.attach(100)
	all = append(all, strings.Repeat(letter(39), int(r.attached.Stdin.Accepted)-len(all))...)
	r.send(wire.Frame{Type: wire.End, Offset: r.attached.Stdin.Accepted}, from(wire.Stdout, 0), from(wire.Stderr, 0))
	h := sha256.Sum256(all)
	if got, want := r.drain().stdout(), fmt.Sprint(len(all), " ", hex.EncodeToString(h[:]), " <nil>"); got != want {
		t.Errorf("the connector got %s, want %s", got, want)
	}
	if len(all) == 0 {
		t.Error("nobody ever wrote")
	}
}

func letter(epoch int64) string { return string(rune('A' + epoch%26)) }

// flood writes the letter up to each credit, in frames of a size, until it is
// cut: mostly within one of the large ones.
func (r *relay) flood(at int64, letter string, size int64) {
	credit := at
	for {
		for at < credit {
			n := min(size, credit-at)
			if r.trySend(wire.Frame{Type: wire.Data, Offset: at, Payload: []byte(strings.Repeat(letter, int(n)))}) != nil {
				return
			}
			at += n
		}
		f, err := r.next()
		if err != nil {
			return
		}
		if f.Type == wire.Credit {
			credit = f.Offset
		}
	}
}

func TestDetachAppliesWhatCameBefore(t *testing.T) {
	p := newPod(t).launch("hash")
	p.attach(1).start("write")
	r := p.attach(1)
	at := int64(0)
	for range 10 {
		r.send(wire.Frame{Type: wire.Data, Offset: at, Payload: make([]byte, 60000)})
		at += 60000
	}
	began := time.Now()
	r.send(wire.Frame{Type: wire.Detach})
	r.expect(wire.Detached)
	t.Logf("detached in %v", time.Since(began))
	r.gone()
	if got := p.attach(1).attached; got.Stdin.Accepted != at || got.State != wire.Running {
		t.Errorf("%+v, want %d accepted", got, at)
	}
}

func TestAMarkIsRememberedWholeOrNotAtAll(t *testing.T) {
	p := newPod(t).launch("hash")
	r := p.attach(1)
	r.start("write")
	head, tail := []byte("before the mark"), []byte("behind it")
	r.send(wire.Frame{Type: wire.Data, Payload: head})
	at := int64(len(head))
	first, second := strings.Repeat("1", 60000), "2"
	r.send(wire.Frame{Type: wire.Mark, Offset: at, Payload: []byte(first)}, wire.Frame{Type: wire.Mark, Offset: at, Payload: []byte(second)})
	if got := p.attach(1).attached; got.Mark != nil {
		t.Errorf("a mark without MARKEND is remembered: %+v", got.Mark)
	}
	r = p.attach(1)
	r.send(wire.Frame{Type: wire.Mark, Offset: at, Payload: []byte(first)}, wire.Frame{Type: wire.Mark, Offset: at, Payload: []byte(second)},
		wire.Frame{Type: wire.MarkEnd, Offset: at, Payload: []byte(`{"source":11,"stdout":12,"checkpointed":13,"version":14,"snapshot":1,"offset":2}`)})
	if f := r.expect(wire.Marked); f.Offset != at {
		t.Errorf("MARKED at %d", f.Offset)
	}
	r.send(wire.Frame{Type: wire.Data, Offset: at, Payload: tail}, wire.Frame{Type: wire.Mark, Offset: at + int64(len(tail)), Payload: []byte("half")})
	r.send(wire.Frame{Type: wire.Ping})
	r.expect(wire.Pong)
	r = p.attach(2)
	want := wire.MarkPayload{Offset: at, Source: 11, Stdout: 12, Checkpointed: 13, Version: 14, Snapshot: 60001}
	if got := r.attached.Mark; got == nil || *got != want {
		t.Fatalf("mark %+v, want %+v", got, want)
	}
	if r.attached.Stdin.Hash != wire.SumOf(tail) {
		t.Error("the hash does not begin at the mark")
	}
	var snapshot string
	for len(snapshot) < 60001 {
		f := r.expect(wire.Snapshot)
		if f.Offset != int64(len(snapshot)) {
			t.Fatalf("SNAPSHOT at %d, want %d", f.Offset, len(snapshot))
		}
		snapshot += string(f.Payload)
	}
	if snapshot != first+second {
		t.Error("the snapshot is not what was marked")
	}
	// Also behind the end of stdin, when only the destination still speaks.
	end := at + int64(len(tail))
	r.send(wire.Frame{Type: wire.End, Offset: end}, wire.Frame{Type: wire.MarkEnd, Offset: end, Payload: []byte(`{"source":99}`)})
	r.expect(wire.Marked)
	if got := p.attach(3).attached; got.Mark == nil || got.Mark.Source != 99 || got.Mark.Snapshot != 0 || !got.Stdin.Ended {
		t.Errorf("%+v", got)
	}
}

func TestAMarkTooLargeEndsTheConnectionWithAReason(t *testing.T) {
	p := newPod(t)
	r := p.attach(1)
	piece := make([]byte, wire.MaxPayload)
	var err error
	for range maxSnapshot/len(piece) + 1 {
		if err = r.trySend(wire.Frame{Type: wire.Mark, Payload: piece}); err != nil {
			break
		}
	}
	if err == nil {
		for err == nil {
			_, err = r.next()
		}
		if no := refusal(t, err); no.Code != wire.RefusedProtocol || !strings.Contains(no.Message, "snapshot") {
			t.Errorf("%+v", no)
		}
	}
	if got := p.attach(1).attached; got.Mark != nil {
		t.Errorf("it was remembered: %+v", got.Mark)
	}
}

func TestABreachOfARuleEndsTheConnectionAndChangesNothing(t *testing.T) {
	p := newPod(t, func(c *Config) { c.Window = 1000 }).launch("out", "2000", "wait")
	r := p.attach(1)
	r.start("read", "secret")
	r.send(wire.Frame{Type: wire.Data, Payload: []byte("12345")})
	p.until("a full window", func() bool { return p.b.out.state().Produced == 1000 })
	for name, frames := range map[string][]wire.Frame{
		"a second ATTACH":        {{Type: wire.Attach, Payload: []byte("{}")}},
		"a bridge's frame":       {{Type: wire.Detached}},
		"DATA of stdout":         {{Type: wire.Data, Stream: wire.Stdout, Payload: []byte("x")}},
		"DATA before accepted":   {{Type: wire.Data, Offset: 4, Payload: []byte("x")}},
		"DATA behind accepted":   {{Type: wire.Data, Offset: 6, Payload: []byte("x")}},
		"END elsewhere":          {{Type: wire.End, Offset: 4}},
		"a second START":         {{Type: wire.Start, Payload: []byte(`{"command":"read"}`)}},
		"FILE without START":     {{Type: wire.File, Payload: []byte("x")}},
		"CREDIT without from":    {{Type: wire.Credit, Stream: wire.Stdout, Offset: 9}},
		"CREDIT from the future": {creditFrom(wire.Stdout, 1001, 2000)},
		"CREDIT of nowhere":      {creditFrom(wire.Stdout, -1, 2000)},
		"RELEASE of the future":  {{Type: wire.Release, Stream: wire.Stdout, Offset: 1001}},
		"RELEASE of the unsent":  {creditFrom(wire.Stdout, 0, 0), {Type: wire.Release, Stream: wire.Stdout, Offset: 1}},
		"MARK elsewhere":         {{Type: wire.Mark, Offset: 4, Payload: []byte("x")}},
		"MARKEND elsewhere":      {{Type: wire.MarkEnd, Offset: 6, Payload: []byte("{}")}},
		"MARKEND of no object":   {{Type: wire.MarkEnd, Offset: 5, Payload: []byte("[]")}},
		"TERMINATE of no object": {{Type: wire.Terminate, Payload: []byte("null")}},
		"DONE too early":         {{Type: wire.Done}},
	} {
		r := p.attach(1)
		r.send(frames...)
		_, err := r.next()
		for err == nil {
			_, err = r.next()
		}
		if no := refusal(t, err); no.Code != wire.RefusedProtocol || no.Message == "" {
			t.Errorf("%s: %+v", name, no)
		}
		r.gone()
		a := p.attach(1).attached
		if a.Stdin.Accepted != 5 || a.Stdin.Ended || a.State != wire.Running || a.Mark != nil || a.Stdout.Kept != 0 {
			t.Errorf("%s: afterwards %+v", name, a)
		}
	}
	if strings.Contains(p.log.String(), "secret") {
		t.Error("the log shows what a file holds")
	}
}

func TestAnUnfinishedStartIsForgotten(t *testing.T) {
	p := newPod(t).launch("files", "1", "exit", "0")
	for name, frames := range map[string][]wire.Frame{
		"half a file":       {{Type: wire.Start, Payload: []byte(`{"command":"read","files":[{"name":"config.json","size":9}]}`)}, {Type: wire.File, Payload: []byte("bad")}},
		"unknown command":   {{Type: wire.Start, Payload: []byte(`{"command":"rm"}`)}},
		"a path":            {{Type: wire.Start, Payload: []byte(`{"command":"read","files":[{"name":"../x","size":1}]}`)}},
		"a file twice":      {{Type: wire.Start, Payload: []byte(`{"command":"read","files":[{"name":"state.json","size":1},{"name":"state.json","size":1}]}`)}},
		"a negative size":   {{Type: wire.Start, Payload: []byte(`{"command":"read","files":[{"name":"state.json","size":-1}]}`)}},
		"too much":          {{Type: wire.Start, Payload: []byte(`{"command":"read","files":[{"name":"state.json","size":9223372036854775807}]}`)}},
		"too much together": {{Type: wire.Start, Payload: []byte(`{"command":"read","files":[{"name":"state.json","size":200000000},{"name":"config.json","size":200000000}]}`)}},
		"a piece too long":  {{Type: wire.Start, Payload: []byte(`{"command":"read","files":[{"name":"config.json","size":2}]}`)}, {Type: wire.File, Payload: []byte("bad")}},
		"a gap":             {{Type: wire.Start, Payload: []byte(`{"command":"read","files":[{"name":"config.json","size":9}]}`)}, {Type: wire.File, Offset: 1, Payload: []byte("bad")}},
		"START twice":       {{Type: wire.Start, Payload: []byte(`{"command":"read","files":[{"name":"config.json","size":9}]}`)}, {Type: wire.Start, Payload: []byte(`{"command":"read"}`)}},
	} {
		r := p.attach(1)
		r.send(append(frames, wire.Frame{Type: wire.Ping})...)
		if err := r.reply(); (err == nil) != (name == "half a file") {
			t.Errorf("%s: got %v", name, err)
		}
		if a := p.attach(1).attached; a.State != wire.Waiting {
			t.Errorf("%s: the bridge is %s", name, a.State)
		}
	}
	if _, err := os.Stat(string(p.c.Dir) + "/start.json"); !os.IsNotExist(err) {
		t.Errorf("there is a start.json: %v", err)
	}
	r := p.attach(2)
	r.start("read", "good")
	r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
	if e := r.drain(); e.stdout() != "4 <nil>" {
		t.Errorf("the connector said %q", e.stdout())
	}
}

func TestASilentRelayIsDeadAndOneThatAnswersIsNot(t *testing.T) {
	p := newPod(t, func(c *Config) { c.Idle, c.Silence = 20*time.Millisecond, time.Second })
	lively := p.attach(1)
	lively.expectRaw(wire.Credit)
	for range 60 { // longer than the silence that is allowed
		lively.expectRaw(wire.Ping)
		lively.send(wire.Frame{Type: wire.Pong})
	}
	p.attach(2) // says nothing more
	p.until("its end", func() bool { return p.b.current.Load() == nil })
}

func TestALostLeaseEndsTheConnectorAndRefusesRelays(t *testing.T) {
	for name, state := range map[string]LeaseState{"gone": {}, "another sync's": {Held: true, Sync: 8}} {
		p := newPod(t, func(c *Config) { c.TTL, c.Grace = 600*time.Millisecond, 200*time.Millisecond }).launch("stubborn", "say", "sleep", "60000")
		r := p.attach(1)
		r.start("read")
		r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
		pid := pidOf(t, r.line())
		p.lease.set(state, nil)
		r.gone()
		if _, err := p.tryAttach(9, nil); err != nil { // unless the bridge is gone by now
			var no *refusedError
			if errors.As(err, &no) && no.Code != wire.RefusedLost {
				t.Errorf("%s: %+v", name, no)
			}
		} else {
			t.Errorf("%s: a relay was let in", name)
		}
		if err := p.end(); err == nil || !strings.Contains(err.Error(), "lease is lost") {
			t.Errorf("%s: the sidecar ended with %v", name, err)
		}
		if alive(pid) {
			t.Errorf("%s: the connector lives", name)
		}
	}
}
