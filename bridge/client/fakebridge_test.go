package client_test

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"testing"

	"knelt.dev/bridge/secure"
	"knelt.dev/bridge/wire"
)

// fakeBridge is a bridge in memory that follows docs/bridge-protocol.md. Its
// connector is what the test makes of it: produce, end, exit, and stdin.
type fakeBridge struct {
	t   *testing.T
	tls *tls.Config

	mu      sync.Mutex
	changed *sync.Cond
	conns   sync.WaitGroup
	current *fakeConn
	attachs int
	refuse  *wire.RefusedPayload

	epoch    int64
	state    wire.State
	start    wire.StartPayload
	files    map[string][]byte
	stdin    []byte // all that was accepted
	hash     wire.Sum
	consumed int64 // by the connector; stdin is accepted up to 1 MiB behind it
	eager    bool  // the connector consumes at once
	echo     bool  // and copies it to stdout
	ended    bool
	deaf     bool
	mark     *wire.MarkPayload
	snapshot []byte
	marks    int
	out      [3]fakeOutput
	launched bool
	exit     *wire.ExitPayload
	graces   []int64
	done     bool
	detached int

	// cut, if set, is asked for each frame that came (in) or is to go, whether
	// the connection is cut before it counts.
	cut func(in bool, f wire.Frame) bool
}

type fakeOutput struct {
	data  []byte
	kept  int64
	ended bool
}

var testSeed = secure.PodSeed{1, 2, 3}

func newFakeBridge(t *testing.T) *fakeBridge {
	t.Helper()
	settings, err := secure.BridgeConfig(testSeed)
	if err != nil {
		t.Fatal(err)
	}
	b := &fakeBridge{t: t, tls: settings, state: wire.Waiting, files: map[string][]byte{}, hash: wire.NewSum(), eager: true}
	b.changed = sync.NewCond(&b.mu)
	return b
}

// change does something with the lock and wakes all.
func (b *fakeBridge) change(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do()
	b.changed.Broadcast()
}

// await waits until something holds.
func (b *fakeBridge) await(holds func() bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for !holds() {
		b.changed.Wait()
	}
}

func (b *fakeBridge) produce(s wire.Stream, data []byte) {
	b.change(func() { b.out[s].data = append(b.out[s].data, data...) })
}

// finish ends both outputs and the connector.
func (b *fakeBridge) finish(exit wire.ExitPayload) {
	b.change(func() {
		b.out[wire.Stdout].ended, b.out[wire.Stderr].ended = true, true
		b.exit, b.state, b.deaf = &exit, wire.Exited, true
	})
}

// attached is what ATTACHED says; with mu held.
func (b *fakeBridge) attached() wire.AttachedPayload {
	out := func(o fakeOutput) wire.OutputState {
		return wire.OutputState{Kept: o.kept, Produced: int64(len(o.data)), Ended: o.ended}
	}
	return wire.AttachedPayload{
		Version: 1, State: b.state, Mark: b.mark, Stdout: out(b.out[1]), Stderr: out(b.out[2]),
		Stdin: wire.InputState{Accepted: int64(len(b.stdin)), Ended: b.ended, Hash: b.hash.Text()},
	}
}

// serve accepts until the listener is closed.
func (b *fakeBridge) serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		b.conns.Go(func() { b.handle(conn) })
	}
}

func (b *fakeBridge) handle(raw net.Conn) {
	defer raw.Close() //nolint:errcheck // a connection that is cut on purpose
	conn := tls.Server(raw, b.tls)
	c := &fakeConn{b: b, raw: raw, r: wire.NewReader(conn), w: wire.NewWriter(conn)}
	defer c.r.Close()
	if err := c.greet(); err != nil {
		return
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write()
		_ = conn.Close()
	}()
	for {
		f, err := c.r.Next()
		if err != nil || c.take(f) != nil {
			break
		}
	}
	b.change(func() { c.gone = true })
	if !c.last {
		raw.Close() //nolint:errcheck // a connection that is cut on purpose
	}
	<-written
}

var errOver = errors.New("this connection is over")
