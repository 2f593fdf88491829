package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/connector"
)

func TestARunFromStartToExit(t *testing.T) {
	b := newFakeBridge(t)
	b.echo = true
	run := started(t, config(b.listen(), 1))
	in := noise(5<<20, 1)
	stdout, stderr := readAll(t, run.Stdout()), readAll(t, run.Stderr())
	if _, err := run.Stdin().Write(in); err != nil {
		t.Fatal(err)
	}
	if err := run.Stdin().Close(); err != nil {
		t.Fatal(err)
	}
	b.await(func() bool { return b.ended })
	b.produce(wire.Stderr, []byte("bye\n"))
	b.finish(wire.ExitPayload{Code: 3, Reason: "because", StderrTail: "bye\n"})
	if !bytes.Equal(<-stdout, in) || string(<-stderr) != "bye\n" {
		t.Error("the outputs are not what was written")
	}
	exit, err := run.Wait()
	if want := (connector.Exit{Code: 3, Reason: "because", StderrTail: "bye\n"}); err != nil || exit != want {
		t.Errorf("got %+v, %v", exit, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.done || b.start.Command != "write" || string(b.files["config.json"]) != `{"a":1}` || len(b.files) != 2 {
		t.Errorf("done %v, start %+v, files %q", b.done, b.start, b.files)
	}
	if b.out[wire.Stdout].kept == 0 {
		t.Error("what was read was never released")
	}
}

func TestAResumableRunKeepsItsOutputUntilItIsReleased(t *testing.T) {
	b := runningBridge(t)
	b.produce(wire.Stdout, noise(10<<20, 2))
	cfg := config(b.listen(), 1)
	cfg.Resumable = true
	run := attach(t, cfg)
	if _, err := io.CopyN(io.Discard, run.Stdout(), 9<<20); err != nil {
		t.Fatal(err)
	}
	if run.Position() != 9<<20 {
		t.Errorf("position %d", run.Position())
	}
	b.mu.Lock()
	kept := b.out[wire.Stdout].kept
	b.mu.Unlock()
	if kept != 0 {
		t.Errorf("released up to %d", kept)
	}
	run.ReleaseStdout(8 << 20)
	b.await(func() bool { return b.out[wire.Stdout].kept == 8<<20 })
	leave(t, run)
}

func TestASlowReaderOfStderrDoesNotStopStdout(t *testing.T) {
	b := runningBridge(t)
	b.produce(wire.Stderr, noise(8<<20, 3))
	want := noise(20<<20, 4)
	b.produce(wire.Stdout, want)
	run := attach(t, config(b.listen(), 1))
	one := make([]byte, 1)
	if _, err := run.Stderr().Read(one); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(run.Stdout(), got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("stdout: %v", err)
	}
	leave(t, run)
}

func TestASlowReaderOfStdoutHoldsAWindowOnly(t *testing.T) {
	b := runningBridge(t)
	b.produce(wire.Stdout, noise(8<<20, 3))
	cfg := config(b.listen(), 1)
	cfg.StdoutWindow = 100_000
	run := attach(t, cfg)
	got := make([]byte, 10)
	if _, err := io.ReadFull(run.Stdout(), got); err != nil {
		t.Fatal(err)
	}
	b.await(func() bool { return b.current.sent[1] >= 100_000 })
	b.mu.Lock()
	if sent := b.current.sent[1]; sent > 100_010 {
		t.Errorf("%d bytes came to a reader of 10 with a window of 100000", sent)
	}
	b.mu.Unlock()
	if _, err := io.CopyN(io.Discard, run.Stdout(), 5<<20); err != nil {
		t.Error(err)
	}
	leave(t, run)
}

func TestMissingStderrIsSkipped(t *testing.T) {
	b := runningBridge(t)
	b.produce(wire.Stderr, []byte("0123456789"))
	b.change(func() { b.out[wire.Stderr].kept = 4 })
	run := attach(t, config(b.listen(), 1))
	stderr := readAll(t, run.Stderr())
	stdout := readAll(t, run.Stdout())
	b.await(func() bool { return b.current.sent[2] == 10 })
	b.change(func() { // twelve bytes of which the first seven go before they were sent
		b.out[wire.Stderr].data = append(b.out[wire.Stderr].data, "abcdefghijkl"...)
		b.out[wire.Stderr].kept = 17
	})
	b.await(func() bool { return b.current.sent[2] == 22 })
	b.finish(wire.ExitPayload{})
	if got := string(<-stderr); got != "456789hijkl" {
		t.Errorf("got %q", got)
	}
	<-stdout
	if _, err := run.Wait(); err != nil {
		t.Error(err)
	}
}

func TestAWriteWaitsForTheConnectorAndEndsInTime(t *testing.T) {
	b := runningBridge(t)
	b.eager = false
	run := attach(t, config(b.listen(), 1))
	in := run.Stdin().(interface {
		io.WriteCloser
		SetWriteDeadline(time.Time) error
	})
	if err := in.SetWriteDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	n, err := in.Write(make([]byte, 10<<20))
	if !errors.Is(err, os.ErrDeadlineExceeded) || n < 1<<20 || n > 2<<20 {
		t.Errorf("got %d, %v", n, err)
	}
	if err := in.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error)
	go func() { _, err := in.Write(make([]byte, 10<<20-n)); wrote <- err }()
	for at := int64(0); at < 10<<20; at += 1 << 20 {
		b.await(func() bool { return int64(len(b.stdin)) >= at })
		b.change(func() { b.consumed = at })
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
	leave(t, run)
}

func TestWritingToAConnectorThatReadsNoMoreFails(t *testing.T) {
	b := runningBridge(t)
	b.eager = false
	run := attach(t, config(b.listen(), 1))
	wrote := make(chan error)
	go func() { _, err := run.Stdin().Write(make([]byte, 10<<20)); wrote <- err }()
	b.await(func() bool { return len(b.stdin) == 1<<20 })
	b.change(func() { b.deaf = true })
	if err := <-wrote; !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got %v", err)
	}
	leave(t, run)
}

func TestCloseEndsAWriteThatWaits(t *testing.T) {
	b := runningBridge(t)
	b.eager = false
	run := attach(t, config(b.listen(), 1))
	wrote := make(chan error)
	go func() { _, err := run.Stdin().Write(make([]byte, 10<<20)); wrote <- err }()
	b.await(func() bool { return len(b.stdin) == 1<<20 })
	if err := run.Stdin().Close(); err != nil {
		t.Error(err)
	}
	if err := <-wrote; !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
	leave(t, run)
}

func TestTerminateCarriesTheGraceAndAShorterOne(t *testing.T) {
	b := runningBridge(t)
	run := attach(t, config(b.listen(), 1))
	run.Terminate(time.Hour)
	b.await(func() bool { return len(b.graces) == 1 })
	run.Terminate(2 * time.Hour)
	run.Terminate(0)
	b.await(func() bool { return len(b.graces) == 2 })
	if b.graces[0] < 3_590_000 || b.graces[0] > 3_600_000 || b.graces[1] != 0 {
		t.Errorf("graces %v", b.graces)
	}
	leave(t, run)
}

func TestWhatTheBridgeRefusesIsNamed(t *testing.T) {
	for code, want := range map[wire.RefusalCode]error{
		wire.RefusedEpoch: client.ErrSuperseded, wire.RefusedLost: client.ErrPodLost, wire.RefusedSync: nil, wire.RefusedVersion: nil,
	} {
		b := newFakeBridge(t)
		b.refuse = &wire.RefusedPayload{Code: code, Message: "no"}
		_, err := client.Attach(context.Background(), config(b.listen(), 1))
		var refused *client.RefusedError
		if !errors.As(err, &refused) || refused.Code != code || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: got %v", code, err)
		}
		if want == nil && (errors.Is(err, client.ErrSuperseded) || errors.Is(err, client.ErrPodLost)) {
			t.Errorf("%s: got %v", code, err)
		}
	}
}

func TestALauncherThatWasKilledIsALostPod(t *testing.T) {
	b := runningBridge(t)
	run := attach(t, config(b.listen(), 1))
	stdout, stderr := readAll(t, run.Stdout()), readAll(t, run.Stderr())
	b.finish(wire.ExitPayload{Code: 137, Signal: wire.SignalLost})
	<-stdout
	<-stderr
	if _, err := run.Wait(); !errors.Is(err, client.ErrPodLost) {
		t.Errorf("got %v", err)
	}
}
