package client_test

import (
	"io"
	"testing"
	"time"

	"knelt.dev/bridge/wire"
)

func TestASuccessorReadsStderrWhereThisOneStopped(t *testing.T) {
	b := runningBridge(t)
	b.produce(wire.Stderr, noise(100, 1))
	run := attach(t, config(b.listen(), 1))
	if _, err := io.ReadFull(run.Stderr(), make([]byte, 40)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	leave(t, run)
	t.Logf("detaching took %s", time.Since(began))
	b.mu.Lock()
	defer b.mu.Unlock()
	if kept := b.out[wire.Stderr].kept; kept != 40 {
		t.Errorf("stderr is kept from %d", kept)
	}
}

func TestAReleaseThatWasCutIsSaidAgain(t *testing.T) {
	b := runningBridge(t)
	b.produce(wire.Stdout, noise(100, 1))
	releases := 0
	b.cut = func(in bool, f wire.Frame) bool {
		if in && f.Type == wire.Release {
			releases++
		}
		return in && f.Type == wire.Release && releases < 3
	}
	run := attach(t, resumable(b.listen()))
	if _, err := io.ReadFull(run.Stdout(), make([]byte, 80)); err != nil {
		t.Fatal(err)
	}
	run.ReleaseStdout(90) // not read yet: nothing beyond 80 is released
	b.await(func() bool { return b.out[wire.Stdout].kept > 0 })
	b.mu.Lock()
	if kept := b.out[wire.Stdout].kept; kept != 80 || releases != 3 {
		t.Errorf("kept from %d after %d releases", kept, releases)
	}
	b.mu.Unlock()
	leave(t, run)
}
