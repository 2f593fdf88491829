//go:build linux

package sidecar

import (
	"bytes"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"knelt.dev/bridge/podfiles"
	"knelt.dev/bridge/wire"
)

// wants compares an output with the pattern.
func wants(t *testing.T, what string, got []byte, seed uint64, offset, n int64) {
	t.Helper()
	if int64(len(got)) != n {
		t.Errorf("%s: %d bytes, want %d", what, len(got), n)
		return
	}
	for i, b := range got {
		if b != patternAt(seed, uint64(offset)+uint64(i)) {
			t.Errorf("%s: byte %d is wrong", what, offset+int64(i))
			return
		}
	}
}

func TestAConnectorRunsFromStartToDone(t *testing.T) {
	p := newPod(t).launch("files", "2", "out", "3000000", "err", "200000", "exit", "3")
	r := p.attach(1)
	if a := r.attached; a.State != wire.Waiting || a.Mark != nil || a.Stdin.Accepted != 0 || a.Stdin.Hash != wire.SumOf(nil) {
		t.Errorf("attached: %+v", a)
	}
	r.start("read", strings.Repeat("c", 2500), "catalog")
	r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
	e := r.drain()
	const said = "2500 <nil>\n7 <nil>\n"
	stdout, isSo := bytes.CutPrefix(e.out[wire.Stdout].Bytes(), []byte(said))
	if !isSo {
		t.Errorf("of its files the connector said %q", stdout[:min(len(stdout), len(said))])
	}
	wants(t, "stdout", stdout, 1, 0, 3000000)
	if e.exit.Code != 3 || e.exit.Signal != "" || e.exit.Terminated {
		t.Errorf("exit: %+v", e.exit)
	}
	wants(t, "stderr", e.out[wire.Stderr].Bytes(), 2, 0, 200000)
	if !r.launched {
		t.Error("nobody told that it runs")
	}
	r.finish()
	if err := p.end(); err != nil {
		t.Errorf("the sidecar ended with %v", err)
	}
}

func TestFilesArriveWholeAndPrivate(t *testing.T) {
	p := newPod(t).launch("wait")
	r := p.attach(1)
	config, state := strings.Repeat("c", 2500), strings.Repeat("s", 70000)
	r.start("read", config, "", state)
	for name, want := range map[string]string{"config.json": config, "catalog.json": "", "state.json": state} {
		path, err := p.c.Dir.File(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("%s has %d bytes, %v; want %d", name, len(got), err, len(want))
		}
		if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", name, i.Mode(), err)
		}
	}
	start, err := p.c.Dir.ReadStart()
	if err != nil || len(start.Args) != 7 || start.Args[0] != "read" || start.Args[1] != "--config" {
		t.Errorf("start.json: %+v, %v", start, err)
	}
}

func TestTheEndIsToldAgainToEachRelayUntilDone(t *testing.T) {
	p := newPod(t).launch("out", "5000", "whine", "exit", "1")
	r := p.attach(1)
	r.start("read")
	for epoch := int64(1); epoch < 4; epoch++ {
		r = p.attach(epoch)
		r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
		e := r.drain()
		if e.exit.Code != 1 || e.exit.StderrTail != "it hurts\n" {
			t.Errorf("epoch %d: %+v", epoch, e.exit)
		}
		wants(t, "stdout", e.out[wire.Stdout].Bytes(), 1, 0, 5000)
	}
	if r := p.attach(9); r.attached.State != wire.Exited || !r.attached.Stdout.Ended || r.attached.Stdout.Produced != 5000 {
		t.Errorf("attached: %+v", r.attached)
	} else {
		r.finish()
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

func TestTerminateEndsAConnectorThatDoesNotWant(t *testing.T) {
	p := newPod(t).launch("stubborn", "say", "sleep", "60000")
	r := p.attach(1)
	r.start("read")
	r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
	r.line()
	r.send(wire.Frame{Type: wire.Terminate, Payload: []byte(`{"graceMillis":60000}`)})
	r.send(wire.Frame{Type: wire.Terminate, Payload: []byte(`{"graceMillis":100}`)})
	e := r.drain()
	if e.exit.Code != 137 || e.exit.Signal != "SIGKILL" || !e.exit.Terminated {
		t.Errorf("exit: %+v", e.exit)
	}
	r.finish()
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

func TestAStartBeforeTheLauncherComesIsKept(t *testing.T) {
	p := newPod(t)
	r := p.attach(1)
	r.start("read", "config")
	r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
	p.launch("files", "1")
	if e := r.drain(); e.stdout() != "6 <nil>" || e.exit.Code != 0 {
		t.Errorf("%q, exit %+v", e.stdout(), e.exit)
	}
}

func TestTerminateBeforeStartEndsAll(t *testing.T) {
	p := newPod(t).launch("sleep", "60000")
	r := p.attach(1)
	r.send(wire.Frame{Type: wire.Terminate, Payload: []byte(`{"graceMillis":100}`)})
	r.gone()
	if err := p.end(); err != nil {
		t.Errorf("the sidecar ended with %v", err)
	}
}

func TestAKilledLauncherIsALostConnector(t *testing.T) {
	p := newPod(t).launch("say", "sleep", "60000")
	r := p.attach(1)
	r.start("read")
	r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
	pid := pidOf(t, r.line())
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	e := r.drain()
	if e.exit.Code != 137 || e.exit.Signal != wire.SignalLost || e.exit.Reason == "" {
		t.Errorf("exit: %+v", e.exit)
	}
	p.until("the connector's end", func() bool { return !alive(pid) })
	r.finish()
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

func TestALauncherThatEndsBeforeStartEndsThePod(t *testing.T) {
	p := newPod(t).launch("sleep", "60000")
	r := p.attach(1)
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.gone()
	if err := p.end(); err == nil || !strings.Contains(err.Error(), "launcher") {
		t.Errorf("the sidecar ended with %v", err)
	}
}

func TestAProgramThatCannotBeStartedIsAnExitWithAReason(t *testing.T) {
	p := newPod(t)
	p.launchProgram("/does/not/exist")
	r := p.attach(1)
	r.start("read")
	r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
	e := r.drain()
	if e.exit.Code != 127 || !strings.Contains(e.exit.Reason, "/does/not/exist") {
		t.Errorf("exit: %+v", e.exit)
	}
	r.finish()
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

func TestTheEndOfStdoutDoesNotWaitForTheExit(t *testing.T) {
	p := newPod(t).launch("out", "10", "mute", "wait", "exit", "5")
	r := p.attach(1)
	r.start("read")
	r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
	r.expect(wire.Data)
	if f := r.expect(wire.End); f.Stream != wire.Stdout || f.Offset != 10 {
		t.Errorf("END of %v at %d", f.Stream, f.Offset)
	}
	r.send(wire.Frame{Type: wire.Data, Payload: []byte("go on\n")})
	if e := r.drain(); e.exit.Code != 5 {
		t.Errorf("exit: %+v", e.exit)
	}
}

func TestAConnectorThatClosesItsStdinIsTold(t *testing.T) {
	p := newPod(t).launch("deaf", "say", "sleep", "60000")
	r := p.attach(1)
	r.start("write")
	r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
	r.line()
	at := int64(0)
	// A pipe tells its writer at the next write, and takes none after it.
	for f := (wire.Frame{}); f.Type != wire.End; {
		r.send(wire.Frame{Type: wire.Data, Offset: at, Payload: make([]byte, 1000)})
		at += 1000
		var err error
		if f, err = r.next(); err != nil {
			t.Fatal(err)
		}
		if f.Type == wire.End && f.Stream != wire.Stdin {
			t.Fatalf("END of %v", f.Stream)
		}
	}
	// What still comes is taken and thrown away.
	for range 3000 {
		r.send(wire.Frame{Type: wire.Data, Offset: at, Payload: make([]byte, 1000)})
		at += 1000
		if at%500000 == 0 {
			r.send(wire.Frame{Type: wire.Ping})
			r.expect(wire.Pong)
		}
	}
	if r = p.attach(2); r.attached.Stdin.Accepted != at {
		t.Errorf("accepted %d, want %d", r.attached.Stdin.Accepted, at)
	}
	for f := (wire.Frame{}); f.Type != wire.End || f.Stream != wire.Stdin; {
		var err error
		if f, err = r.next(); err != nil {
			t.Fatalf("waiting for END of stdin: %v", err)
		}
	}
}

func TestARestartedSidecarIsALostPod(t *testing.T) {
	p := newPod(t).launch("say", "sleep", "60000")
	r := p.attach(1)
	r.start("read")
	r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
	pid := pidOf(t, r.line())
	p.cancel() // the sidecar dies; how, its directory does not tell
	p.await(p.done, "the sidecar's end")
	p.until("the connector's end", func() bool { return !alive(pid) })

	again := &pod{t: t, c: p.c, done: make(chan struct{}), lease: p.lease}
	again.c.Mourning = 500 * time.Millisecond
	again.serve()
	for epoch := int64(1); epoch < 3; epoch++ {
		_, err := again.tryAttach(epoch, nil)
		var no *refusedError
		if !errors.As(err, &no) || no.Code != wire.RefusedLost {
			t.Errorf("epoch %d: got %v, want refused as lost", epoch, err)
		}
	}
	if err := again.end(); !errors.Is(err, podfiles.ErrRestarted) {
		t.Errorf("the sidecar ended with %v", err)
	}
}

func TestStopEndsTheConnectorAndKeepsItsEndForTheRelay(t *testing.T) {
	p := newPod(t).launch("out", "100000", "say", "sleep", "60000")
	r := p.attach(1)
	r.start("read")
	p.until("the bytes", func() bool { return p.b.out.state().Produced > 100000 })
	go p.b.Stop(t.Context())
	p.until("the exit", func() bool { return p.attach(2).attached.State == wire.Exited })
	r = p.attach(3)
	r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
	e := r.drain()
	if e.exit.Code != 143 || !e.exit.Terminated || e.out[wire.Stdout].Len() < 100000 {
		t.Errorf("exit %+v after %d bytes", e.exit, e.out[wire.Stdout].Len())
	}
	r.finish()
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

// TestAStoppedSidecarWaitsForARelayAsLongAsALeaseLives and no longer: its pod
// has been deleted, and keeps its name from the next.
func TestAStoppedSidecarWaitsForARelayAsLongAsALeaseLives(t *testing.T) {
	p := newPod(t, func(c *Config) { c.TTL = time.Second }).launch("out", "1000", "sleep", "60000")
	r := p.attach(1)
	r.start("read")
	p.until("the bytes", func() bool { return p.b.out.state().Produced >= 1000 })
	began := time.Now()
	go p.b.Stop(t.Context())
	p.until("the exit", func() bool { return p.attach(2).attached.State == wire.Exited })
	r = p.attach(3)
	for time.Since(began) < 3*time.Second {
		r.send(wire.Frame{Type: wire.Ping})
		time.Sleep(100 * time.Millisecond)
	}
	r.close()
	if err := p.end(); err == nil || !strings.Contains(err.Error(), "no relay came") {
		t.Errorf("the sidecar ended with %v", err)
	}
}

func TestRelaysComeByIPv4AndIPv6(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Logf("this machine has no IPv6: %v", err)
		return
	} else if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	p := newPod(t)
	p.attach(1)
	p.addr = strings.Replace(p.addr, "127.0.0.1", "[::1]", 1)
	p.attach(2)
}

func pidOf(t *testing.T, line string) int {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimPrefix(line, "here "))
	if err != nil {
		t.Fatalf("the connector said %q", line)
	}
	return pid
}

// TestALaunchIsToldToEachRelay, once: a successor waits for it, too.
func TestALaunchIsToldToEachRelay(t *testing.T) {
	p := newPod(t).launch("wait")
	for epoch := int64(1); epoch <= 2; epoch++ {
		r := p.attach(epoch)
		if epoch == 1 {
			r.start("read", "{}")
		}
		for !r.launched {
			r.send(wire.Frame{Type: wire.Ping})
			if err := r.reply(); err != nil {
				t.Fatal(err)
			}
		}
		r.close()
	}
}

// TestWhatCannotBeLaunchedIsNotToldToRun: its exit says why.
func TestWhatCannotBeLaunchedIsNotToldToRun(t *testing.T) {
	p := newPod(t).launchProgram("/no/such/program")
	r := p.attach(1)
	r.start("read", "{}")
	r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
	if e := r.drain(); r.launched || e.exit.Code != 127 || !strings.Contains(e.exit.Reason, "/no/such/program") {
		t.Errorf("launched: %v, exit %+v", r.launched, e.exit)
	}
	r.finish()
}
