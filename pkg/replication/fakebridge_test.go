package replication_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"math/rand/v2"
	"sync"

	"knelt.dev/pkg/connector"
)

// bridgeModel is a small model of a bridge (docs/bridge-protocol.md): it keeps a
// connector's streams while relays come and go.
type bridgeModel struct {
	run    *fakeRun
	window int

	mu      sync.Mutex
	changed *sync.Cond
	epoch   int64
	lost    bool // its memory is gone
	// stdin
	all       hash.Hash // of all that was accepted
	accepted  int64
	waiting   []byte // accepted, not yet taken by the connector
	ended     bool
	broken    bool   // the connector reads no more
	sinceMark []byte // accepted since the mark
	mark      *modelMark
	marks     int
	// stdout
	out       []byte // from released on
	released  int64
	outEnded  bool
	exited    bool
	exit      connector.Exit
	terminate int
}

type modelMark struct {
	offset, source, stdout, checkpointed int64
	version                              int
	snapshot                             []byte
}

// inputSize is how much of stdin waits for the connector at most.
const inputSize = 32 << 10

func bridged(t tb, f program, handles bool, window int) *bridgeModel {
	b := &bridgeModel{run: launch(t, f, handles), window: window, all: sha256.New()}
	b.changed = sync.NewCond(&b.mu)
	var both sync.WaitGroup
	both.Go(b.read)
	both.Go(b.write)
	both.Go(func() { _, _ = io.Copy(io.Discard, b.run.stderr) })
	t.Cleanup(func() {
		b.change(func() { b.lost = true })
		b.run.die(connector.Exit{Code: 137})
		both.Wait()
	})
	return b
}

func (b *bridgeModel) change(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
	b.changed.Broadcast()
}

// await waits, with the lock, until ok.
func (b *bridgeModel) await(ok func() bool) {
	for !ok() && !b.lost {
		b.changed.Wait()
	}
}

// read keeps what the connector writes, at most a window.
func (b *bridgeModel) read() {
	buf := make([]byte, 8<<10)
	for {
		n, err := b.run.stdout.Read(buf)
		b.mu.Lock()
		b.await(func() bool { return len(b.out)+n <= b.window })
		b.out = append(b.out, buf[:n]...)
		if b.changed.Broadcast(); err != nil {
			b.outEnded = true
			b.mu.Unlock()
			<-b.run.ended
			b.change(func() { b.exited, b.exit = true, b.run.exit })
			return
		}
		b.mu.Unlock()
	}
}

// write gives the connector what was accepted.
func (b *bridgeModel) write() {
	for {
		b.mu.Lock()
		b.await(func() bool { return len(b.waiting) > 0 || b.ended })
		p := bytes.Clone(b.waiting)
		done := len(p) == 0 || b.lost
		b.mu.Unlock()
		if done {
			_ = b.run.stdin.Close()
			return
		}
		_, err := b.run.stdin.Write(p)
		b.change(func() { b.waiting, b.broken = b.waiting[len(p):], err != nil })
		if err != nil {
			return
		}
	}
}

var (
	errSuperseded = errors.New("a newer relay has taken over")
	errLostPod    = errors.New("the pod is lost")
	errLeft       = errors.New("this relay has left")
	errMismatch   = errors.New("other bytes than before")
	errKilled     = errors.New("this relay was killed")
	errNotKept    = errors.New("these bytes are not kept any more")
)

// obeys tells with the lock why a relay is not obeyed.
func (b *bridgeModel) obeys(epoch int64) error {
	switch {
	case b.lost:
		return errLostPod
	case epoch < b.epoch:
		return errSuperseded
	}
	return nil
}

// accept takes a piece of stdin at once, as much as there is room for.
func (b *bridgeModel) accept(r *bridgeRun, p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		if err := r.failure(); err != nil {
			return 0, err
		}
		if b.broken {
			b.accepted += int64(len(p))
			return len(p), nil
		}
		if len(b.waiting) < inputSize {
			break
		}
		b.changed.Wait()
	}
	n := min(len(p), inputSize-len(b.waiting), 1+rand.IntN(4<<10))
	if n = min(n, int(r.network.left(n))); n == 0 {
		return 0, errKilled
	}
	b.waiting, b.sinceMark = append(b.waiting, p[:n]...), append(b.sinceMark, p[:n]...)
	b.all.Write(p[:n])
	b.accepted += int64(n)
	b.changed.Broadcast()
	return n, nil
}
