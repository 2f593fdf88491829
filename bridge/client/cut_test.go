package client_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/connector"
)

// script is a whole run whose frames come in nearly the same number each time:
// files, stdin with marks and its end, both outputs, the exit, DONE.
type script struct {
	b    *fakeBridge
	addr string
	in   []byte
	told []wire.MarkPayload
}

func newScript(t *testing.T) *script {
	b := newFakeBridge(t)
	b.echo = true
	return &script{b: b, addr: b.listen(), in: noise(300_000, 9)}
}

func (s *script) run(t *testing.T) {
	cfg := config(s.addr, 1)
	cfg.StdoutWindow = 100_000
	run := started(t, cfg)
	run.OnMarked(func(m wire.MarkPayload) { s.told = append(s.told, m) })
	stdout, stderr := readAll(t, run.Stdout()), readAll(t, run.Stderr())
	s.write(t, run)
	s.b.await(func() bool { return s.b.ended && s.b.marks >= 3 })
	s.b.produce(wire.Stderr, []byte("all is well\n"))
	s.b.finish(wire.ExitPayload{Code: 1})
	if got := <-stdout; !bytes.Equal(got, s.in) {
		t.Errorf("stdout has %d bytes that are not what was written", len(got))
	}
	if got := string(<-stderr); got != "all is well\n" {
		t.Errorf("stderr is %q", got)
	}
	if exit, err := run.Wait(); err != nil || exit != (connector.Exit{Code: 1}) {
		t.Errorf("got %+v, %v", exit, err)
	}
	s.check(t)
}

func (s *script) write(t *testing.T, run *client.Run) {
	t.Helper()
	for at := 0; at < len(s.in); at += 100_000 {
		if _, err := run.Stdin().Write(s.in[at : at+100_000]); err != nil {
			t.Fatal(err)
		}
		m := wire.MarkPayload{Source: int64(at), Version: 1}
		if err := run.Mark(m, bytes.Repeat([]byte{byte(at)}, at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Stdin().Close(); err != nil {
		t.Fatal(err)
	}
}

func (s *script) check(t *testing.T) {
	t.Helper()
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	if !bytes.Equal(s.b.stdin, s.in) {
		t.Errorf("stdin has %d bytes that are not what was written", len(s.b.stdin))
	}
	if len(s.b.files["config.json"]) == 0 || s.b.mark == nil || s.b.mark.Offset != 300_000 || len(s.b.snapshot) != 200_000 {
		t.Errorf("files %q, mark %+v with %d bytes", s.b.files, s.b.mark, len(s.b.snapshot))
	}
	if len(s.told) != 3 || s.told[2].Source != 200_000 || s.told[2].Offset != 300_000 {
		t.Errorf("told of the marks %+v", s.told)
	}
}

// TestACutAtAnyFrameLosesNothing cuts once before each frame of a run, and also
// before each frame of every connection but the last few.
func TestACutAtAnyFrameLosesNothing(t *testing.T) {
	for _, in := range []bool{true, false} {
		for at, reached := 0, true; reached; at++ {
			reached = false
			t.Run(fmt.Sprintf("in=%v frame %d", in, at), func(t *testing.T) {
				s := newScript(t)
				seen := 0
				s.b.cut = func(came bool, _ wire.Frame) bool {
					if came == in {
						seen++
					}
					hit := came == in && seen-1 == at
					reached = reached || hit
					return hit
				}
				s.run(t)
			})
		}
	}
}

func TestConnectionsThatBringOneMoreFrameEachLoseNothing(t *testing.T) {
	s := newScript(t)
	allowed, seen := 1, 0
	s.b.cut = func(bool, wire.Frame) bool {
		if seen++; seen <= allowed {
			return false
		}
		allowed, seen = allowed+1, 0
		return true
	}
	s.run(t)
	if s.b.attachs < 5 {
		t.Errorf("only %d connections", s.b.attachs)
	}
}

func TestAStartThatWasCutIsRepeatedOnce(t *testing.T) {
	b := newFakeBridge(t)
	starts := 0
	b.cut = func(in bool, f wire.Frame) bool {
		if in && f.Type == wire.Start {
			starts++
		}
		return in && f.Type == wire.File && starts < 4 && f.Offset > 100_000
	}
	run := attach(t, config(b.listen(), 1))
	inv := connector.Invocation{Command: connector.Read, Config: noise(300_000, 1), Catalog: noise(200_000, 2), State: []byte{}}
	if err := run.Start(context.Background(), inv); err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	if starts != 4 || !bytes.Equal(b.files["config.json"], inv.Config) || !bytes.Equal(b.files["catalog.json"], inv.Catalog) || len(b.start.Files) != 3 {
		t.Errorf("after %d starts: %+v", starts, b.start)
	}
	b.mu.Unlock()
	if err := run.Start(context.Background(), inv); err == nil {
		t.Error("a second Start was taken")
	}
	leave(t, run)
}

func TestATerminateIsSaidAgainAfterACut(t *testing.T) {
	b := runningBridge(t)
	cuts := 0
	b.cut = func(in bool, f wire.Frame) bool {
		if in && f.Type == wire.Terminate {
			cuts++
		}
		return in && f.Type == wire.Terminate && cuts < 3
	}
	run := attach(t, config(b.listen(), 1))
	run.Terminate(0)
	b.await(func() bool { return len(b.graces) > 0 })
	leave(t, run)
}
