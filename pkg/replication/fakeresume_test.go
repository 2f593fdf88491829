package replication_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
)

// network is what a relay and its bridges speak over. It dies with the relay, at
// once or behind so many bytes of the destination's stdin.
type network struct {
	mu     sync.Mutex
	dead   bool
	budget int64 // 0: without end
	wake   []func()
}

func (n *network) kill() {
	n.mu.Lock()
	n.dead = true
	wake := n.wake
	n.mu.Unlock()
	for _, f := range wake {
		f()
	}
}

func (n *network) isDead() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dead
}

// left gives how many of the bytes still arrive.
func (n *network) left(size int) int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.budget == 0 {
		return int64(size)
	}
	k := min(int64(size), n.budget)
	if n.budget -= k; n.budget == 0 {
		n.dead, n.budget = true, -1
	}
	return max(k, 0)
}

// bridgeRun is a relay's end of a bridge.
type bridgeRun struct {
	b       *bridgeModel
	epoch   int64
	network *network

	// Guarded by the bridge's lock.
	left     bool
	at       int64 // of the next byte that is read
	queue    []sending
	queued   int
	written  int64 // by the relay, since the start
	closed   bool
	err      error
	onMarked func(source, stdout int64)
	done     sync.WaitGroup
}

// sending is on its way to the bridge: bytes, a mark or the end.
type sending struct {
	bytes []byte
	mark  *modelMark
}

// stagingSize is how many written bytes are on their way at most.
const stagingSize = 16 << 10

// attach makes a relay's end, and says where it has to go on.
func (b *bridgeModel) attach(epoch int64, n *network) (*bridgeRun, *replication.Resume) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epoch = max(b.epoch, epoch)
	b.changed.Broadcast()
	r := &bridgeRun{b: b, epoch: epoch, network: n, at: b.released}
	n.mu.Lock()
	n.wake = append(n.wake, func() { b.change(func() {}) })
	n.mu.Unlock()
	resume := &replication.Resume{Accepted: b.accepted, Ended: b.ended, Produced: b.released + int64(len(b.out))}
	if m := b.mark; m != nil {
		resume.Snapshot, resume.Version = m.snapshot, m.version
		resume.Source, resume.Stdin, resume.Stdout = m.source, m.offset, m.stdout
	}
	r.written = resume.Stdin
	r.done.Go(r.send)
	return r, resume
}

// failure tells with the lock why the run is over for its relay.
func (r *bridgeRun) failure() error {
	switch {
	case r.left:
		return errLeft
	case r.network.isDead():
		return errKilled
	case r.err != nil:
		return r.err
	}
	return r.b.obeys(r.epoch)
}

// send brings what was written to the bridge, a piece at a time.
func (r *bridgeRun) send() {
	for {
		r.b.mu.Lock()
		for len(r.queue) == 0 && r.failure() == nil {
			r.b.changed.Wait()
		}
		if r.failure() != nil {
			r.b.changed.Broadcast()
			r.b.mu.Unlock()
			return
		}
		next := r.queue[0]
		r.b.mu.Unlock()
		if !r.deliver(next) {
			r.network.kill()
			return
		}
	}
}

func (r *bridgeRun) deliver(s sending) bool {
	if s.bytes != nil {
		n, err := r.b.accept(r, s.bytes)
		r.b.change(func() {
			if r.queued -= n; n == len(s.bytes) {
				r.queue = r.queue[1:]
			} else {
				r.queue[0].bytes = s.bytes[n:]
			}
		})
		return err == nil
	}
	r.b.mu.Lock()
	if r.failure() != nil {
		r.b.mu.Unlock()
		return false
	}
	r.queue = r.queue[1:]
	call := r.onMarked
	if s.mark == nil {
		r.b.ended = true
	} else {
		r.b.mark, r.b.sinceMark = s.mark, nil
		r.b.marks++
	}
	r.b.changed.Broadcast()
	r.b.mu.Unlock()
	if s.mark != nil && call != nil {
		call(s.mark.source, s.mark.stdout)
	}
	return true
}

func (r *bridgeRun) Stdin() io.WriteCloser { return bridgeInput{r} }
func (r *bridgeRun) Stdout() io.Reader     { return bridgeOutput{r} }
func (r *bridgeRun) Stderr() io.Reader     { return bytes.NewReader(nil) }

type bridgeInput struct{ r *bridgeRun }

func (in bridgeInput) Write(p []byte) (int, error) {
	r, b := in.r, in.r.b
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := r.swallow(p)
	for err == nil && n < len(p) {
		switch err = r.failure(); {
		case err != nil:
		case b.broken || b.exited:
			err = syscall.EPIPE
		case r.queued < stagingSize:
			k := min(len(p)-n, stagingSize-r.queued)
			r.queue = append(r.queue, sending{bytes: bytes.Clone(p[n : n+k])})
			n, r.queued, r.written = n+k, r.queued+k, r.written+int64(k)
			b.changed.Broadcast()
		default:
			b.changed.Wait()
		}
	}
	return n, err
}

// swallow compares what the bridge has already.
func (r *bridgeRun) swallow(p []byte) (int, error) {
	b := r.b
	if err := r.failure(); err != nil || len(r.queue) > 0 || r.written >= b.accepted {
		return 0, err
	}
	from := int(r.written - (b.accepted - int64(len(b.sinceMark))))
	n := min(len(p), len(b.sinceMark)-from)
	if b.ended && n < len(p) || !bytes.Equal(p[:n], b.sinceMark[from:from+n]) {
		r.err = errMismatch
		return 0, r.err
	}
	r.written += int64(n)
	return n, nil
}

func (in bridgeInput) Close() error {
	r := in.r
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	defer r.b.changed.Broadcast()
	if r.closed || r.failure() != nil {
		return r.failure()
	}
	if r.closed = true; r.written < r.b.accepted && len(r.queue) == 0 && !r.b.broken {
		r.err = errMismatch
		return r.err
	}
	if !r.b.ended {
		r.queue = append(r.queue, sending{})
	}
	return nil
}

type bridgeOutput struct{ r *bridgeRun }

func (o bridgeOutput) Read(p []byte) (int, error) {
	r, b := o.r, o.r.b
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		if err := r.failure(); err != nil {
			return 0, err
		}
		if kept := b.out[r.at-b.released:]; len(kept) > 0 {
			n := copy(p, kept)
			r.at += int64(n)
			b.changed.Broadcast()
			return n, nil
		}
		if b.outEnded {
			return 0, io.EOF
		}
		b.changed.Wait()
	}
}

func (r *bridgeRun) ReadFrom(offset int64) error {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	if offset < r.b.released || offset > r.b.released+int64(len(r.b.out)) {
		return errNotKept
	}
	r.at = offset
	return r.failure()
}

func (r *bridgeRun) ReleaseStdout(offset int64) {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	if n := min(offset, r.at) - r.b.released; n > 0 && r.failure() == nil {
		r.b.out, r.b.released = bytes.Clone(r.b.out[n:]), r.b.released+n
		r.b.changed.Broadcast()
	}
}

func (r *bridgeRun) Mark(source, stdout, checkpointed int64, version int, snapshot []byte) error {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	switch err := r.failure(); {
	case err != nil:
		return err
	case r.b.broken || r.b.exited:
		return os.ErrClosed
	}
	m := &modelMark{r.written, source, stdout, checkpointed, version, bytes.Clone(snapshot)}
	r.queue = append(r.queue, sending{mark: m})
	r.b.changed.Broadcast()
	return nil
}

func (r *bridgeRun) OnMarked(call func(source, stdout int64)) { r.onMarked = call }

func (r *bridgeRun) Detach(ctx context.Context) error {
	r.b.change(func() {
		r.left = true
		r.b.changed.Broadcast()
	})
	r.done.Wait()
	return nil
}

// A killed relay is one that can only stop: that is what this makes of it.
func (r *bridgeRun) Superseded(err error) bool {
	return errors.Is(err, errSuperseded) || errors.Is(err, errKilled)
}
func (r *bridgeRun) Lost(err error) bool       { return errors.Is(err, errLostPod) }
func (r *bridgeRun) Mismatched(err error) bool { return errors.Is(err, errMismatch) }

func (r *bridgeRun) Wait() (connector.Exit, error) {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	for {
		if err := r.failure(); err != nil {
			return connector.Exit{}, err
		}
		if r.b.exited && r.at == r.b.released+int64(len(r.b.out)) {
			return r.b.exit, nil
		}
		r.b.changed.Wait()
	}
}

func (r *bridgeRun) Terminate(grace time.Duration) {
	r.b.mu.Lock()
	ok := r.failure() == nil || errors.Is(r.failure(), errMismatch)
	if ok {
		r.b.terminate++
	}
	r.b.mu.Unlock()
	if ok {
		r.b.run.Terminate(grace)
	}
}
