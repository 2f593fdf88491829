//go:build linux

package client_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"knelt.dev/bridge/client"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/connectortest"
)

// probe is this binary as a connector in one of connectortest's modes.
func probe(t testing.TB, mode string) connector.Connector {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return connector.Connector{Command: []string{self}, Env: map[string]string{connectortest.ModeVariable: mode}}
}

// TestCutsAtEveryPlaceOfTheBeginning cuts within the handshake, ATTACH, START
// and the first frames.
func TestCutsAtEveryPlaceOfTheBeginning(t *testing.T) {
	for at := int64(0); at < 8000; at += 83 * slower {
		s := newScript(t)
		left := at
		s.addr = newCutter(t, s.addr, func() int64 { defer func() { left = -1 }(); return left }).addr
		s.run(t)
		if t.Failed() {
			t.Fatalf("with a cut after %d bytes", at)
		}
	}
}

// TestHundredsOfCutsLoseNothing sends 64 MiB to a real connector and back,
// through a network that cuts again and again.
func TestHundredsOfCutsLoseNothing(t *testing.T) {
	const size = 64 << 20 / slower / 4096 * 4096
	pod := newRealPod(t, probe(t, "echo"))
	proxy := newCutter(t, pod.addr, func() int64 { return rand.Int64N(500_000) })
	run := started(t, config(proxy.addr, 1))
	go func() {
		if _, err := io.Copy(run.Stdin(), connectortest.Pattern(size)); err != nil {
			t.Errorf("writing: %v", err)
		}
		if err := run.Stdin().Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}()
	stderr := readAll(t, run.Stderr())
	got := sha256.New()
	if n, err := io.Copy(got, run.Stdout()); err != nil || n != size {
		t.Errorf("read %d, %v", n, err)
	}
	<-stderr
	if exit, err := run.Wait(); err != nil || exit.Code != 0 {
		t.Errorf("got %+v, %v", exit, err)
	}
	if !bytes.Equal(got.Sum(nil), sum(connectortest.Pattern(size))) {
		t.Error("the bytes that came back are not those that were written")
	}
	if cuts := proxy.cuts.Load(); cuts < 200/slower {
		t.Errorf("only %d cuts", cuts)
	} else {
		t.Logf("%d cuts", cuts)
	}
}

func sum(r io.Reader) []byte {
	h := sha256.New()
	_, _ = io.Copy(h, r) // a Pattern and a hash never fail
	return h.Sum(nil)
}

// TestManyRelaysBetweenRealConnectors: each relay is killed, leaves, or is
// superseded while it goes on; the connectors notice nothing.
func TestManyRelaysBetweenRealConnectors(t *testing.T) {
	const size, relays = 24, 80 / slower
	source, destination := newRealPod(t, probe(t, fmt.Sprint("write:", size))), newRealPod(t, probe(t, "echo"))
	for _, pod := range []*realPod{source, destination} {
		leave(t, started(t, resumable(pod.addr)))
	}
	var zombies sync.WaitGroup
	for i := range relays {
		p := plan{read: 64 << 10, markEvery: 1 + i%4, reads: 4, end: detaches + end(i%3)}
		newLife(t, p, int64(i+2), source.addr, destination.addr).begin(&zombies)
	}
	l := newLife(t, plan{read: 64 << 10, markEvery: 10}, relays+2, source.addr, destination.addr)
	want := make([]byte, size<<20)
	if _, err := io.ReadFull(connectortest.Pattern(size<<20), want); err != nil {
		t.Fatal(err)
	}
	if err := l.dst.ReadFrom(0); err != nil {
		t.Fatal(err)
	}
	got := readAll(t, l.dst.Stdout())
	if all, err := l.live(); err != nil || !all {
		t.Fatalf("the last relay: %v, %v", all, err)
	}
	zombies.Wait()
	if have, want := <-got, (&toy{}).feed(nil, want); !bytes.Equal(have, want) {
		at := 0
		for at < min(len(have), len(want)) && have[at] == want[at] {
			at++
		}
		t.Errorf("the destination got %d bytes, and an undisturbed relay brings %d; they differ from %d on", len(have), len(want), at)
	}
	settled(t, l.src)
	settled(t, l.dst)
}

// settled waits for a connector's good end and lets its bridge end.
func settled(t *testing.T, run *client.Run) {
	t.Helper()
	for _, r := range []io.Reader{run.Stdout(), run.Stderr()} {
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Error(err)
		}
	}
	if exit, err := run.Wait(); err != nil || exit.Code != 0 {
		t.Errorf("got %+v, %v", exit, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := run.Done(ctx); err != nil {
		t.Error(err)
	}
}

// TestATerminateBeforeTheStartEndsTheRun: there will be no exit to wait for.
func TestATerminateBeforeTheStartEndsTheRun(t *testing.T) {
	run := attach(t, config(newSidecar(t).addr, 1))
	run.Terminate(0)
	if _, err := run.Wait(); !errors.Is(err, client.ErrPodLost) {
		t.Errorf("got %v", err)
	}
}
