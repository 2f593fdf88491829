package client_test

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/connectortest"
)

// TestMain makes this binary the launcher or the probe if it was started so.
func TestMain(m *testing.M) {
	playLauncher()
	connectortest.Probe()
	goleak.VerifyTestMain(m)
}

// listen makes the bridge answer on loopback until the test ends.
func (b *fakeBridge) listen() string {
	b.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	served := make(chan struct{})
	go func() { defer close(served); b.serve(l) }()
	b.t.Cleanup(func() {
		_ = l.Close()
		<-served
		b.mu.Lock()
		if b.current != nil {
			b.current.raw.Close() //nolint:errcheck // a connection that is cut on purpose
		}
		b.mu.Unlock()
		b.conns.Wait()
	})
	return l.Addr().String()
}

func config(addr string, epoch int64) client.Config {
	return client.Config{
		Addr: addr, Seed: testSeed, Connection: "shop", Sync: 7, Epoch: epoch, GiveUp: 20 * time.Second,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

func resumable(addr string) client.Config {
	cfg := config(addr, 1)
	cfg.Resumable = true
	return cfg
}

func attach(t *testing.T, cfg client.Config) *client.Run {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	run, err := client.Attach(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// leave detaches at the end of a test that leaves its connector running.
func leave(t *testing.T, run *client.Run) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := run.Detach(ctx); err != nil {
		t.Error(err)
	}
}

var write = connector.Invocation{Command: connector.Write, Config: []byte(`{"a":1}`), Catalog: []byte(`{}`)}

// started attaches to a waiting bridge and starts its connector.
func started(t *testing.T, cfg client.Config) *client.Run {
	t.Helper()
	run := attach(t, cfg)
	if err := run.Start(context.Background(), write); err != nil {
		t.Fatal(err)
	}
	return run
}

// noise is n bytes that look like no others.
func noise(n int, seed uint64) []byte {
	b, key := make([]byte, n), [32]byte{}
	binary.LittleEndian.PutUint64(key[:], seed)
	_, _ = rand.NewChaCha8(key).Read(b) // never fails
	return b
}

// readAll reads an output to its end while the test goes on.
func readAll(t *testing.T, r io.Reader) <-chan []byte {
	got := make(chan []byte, 1)
	go func() {
		all, err := io.ReadAll(r)
		if err != nil {
			t.Errorf("reading: %v", err)
		}
		got <- all
	}()
	return got
}

func runningBridge(t *testing.T) *fakeBridge {
	b := newFakeBridge(t)
	b.state = wire.Running
	return b
}
