package sidecar

import (
	"io"
	"sync"

	"knelt.dev/bridge/wire"
)

// inletSize is how many bytes of stdin wait for the connector at most, as
// docs/bridge-protocol.md promises.
const inletSize = 1 << 20

// writeSize is how much is written to the FIFO at once: small enough that
// credit flows steadily.
const writeSize = 128 << 10

// inlet holds the accepted bytes of stdin that the connector has not taken.
type inlet struct {
	mu                sync.Mutex
	cond              *sync.Cond
	ring              []byte // made with the first byte: sources need none
	accepted, applied int64
	ended             bool // END came: nothing follows
	broken            bool // the connector reads no more: bytes are thrown away
	stopped           bool
	notify            func() // credit grew, or it broke
}

func newInlet(notify func()) *inlet {
	in := &inlet{notify: notify}
	in.cond = sync.NewCond(&in.mu)
	return in
}

// place gives room for n bytes at offset, in two pieces where the ring wraps; a
// *wire.FormatError if they do not belong there. accept counts what was written
// there. There is no room where bytes are thrown away.
func (in *inlet) place(offset int64, n int) (first, second []byte, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := in.admit(offset, n); err != nil || in.broken {
		return nil, nil, err
	}
	if in.ring == nil {
		in.ring = make([]byte, inletSize)
	}
	from := int(offset % inletSize)
	until := min(from+n, inletSize)
	return in.ring[from:until], in.ring[:n-(until-from)], nil
}

// accept takes n bytes at offset that are in their place, all or none; a
// *wire.FormatError if they do not belong there.
func (in *inlet) accept(offset int64, n int) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := in.admit(offset, n); err != nil {
		return err
	}
	in.accepted += int64(n)
	if in.broken {
		in.applied = in.accepted
		return nil
	}
	in.cond.Signal()
	return nil
}

// admit judges the place of n bytes at offset.
func (in *inlet) admit(offset int64, n int) error {
	switch {
	case in.ended:
		return breach("DATA of stdin after its END")
	case offset != in.accepted:
		return breach("DATA of stdin at offset %d, but %d bytes were accepted", offset, in.accepted)
	case in.accepted+int64(n) > in.grant():
		return breach("DATA of stdin up to offset %d, beyond the credit of %d", offset+int64(n), in.grant())
	}
	return nil
}

// end takes the END of stdin.
func (in *inlet) end(offset int64) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if offset != in.accepted {
		return breach("END of stdin at offset %d, but %d bytes were accepted", offset, in.accepted)
	}
	in.ended = true
	in.cond.Signal()
	return nil
}

// grant is the offset up to which there is room.
func (in *inlet) grant() int64 { return in.applied + inletSize }

// inletState is a look at an inlet.
type inletState struct {
	accepted, credit int64
	ended, broken    bool
	idle             bool // all that was accepted was applied
}

func (in *inlet) state() inletState {
	in.mu.Lock()
	defer in.mu.Unlock()
	return inletState{in.accepted, in.grant(), in.ended, in.broken, in.applied == in.accepted}
}

// run writes what is accepted to the connector, in order and once, and closes
// its stdin behind the end.
func (in *inlet) run(stdin io.WriteCloser) {
	for {
		p, ok := in.next()
		if !ok {
			_ = stdin.Close() // a FIFO keeps nothing back that could be lost
			return
		}
		n, err := stdin.Write(p)
		in.took(n)
		if err != nil {
			in.brake()
		}
	}
}

// next waits for bytes; not ok: there will be none.
func (in *inlet) next() ([]byte, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.applied == in.accepted && !in.ended && !in.broken && !in.stopped {
		in.cond.Wait()
	}
	if in.broken || in.stopped || in.applied == in.accepted {
		return nil, false
	}
	from := in.applied % inletSize
	return in.ring[from:min(from+writeSize, from+in.accepted-in.applied, inletSize)], true
}

func (in *inlet) took(n int) {
	in.mu.Lock()
	if !in.broken {
		in.applied += int64(n)
	}
	in.mu.Unlock()
	in.notify()
}

// brake says that the connector reads no more.
func (in *inlet) brake() {
	in.mu.Lock()
	in.broken, in.applied, in.ring = true, in.accepted, nil
	in.cond.Signal()
	in.mu.Unlock()
	in.notify()
}

// stop ends run, once its write returns.
func (in *inlet) stop() {
	in.mu.Lock()
	in.stopped = true
	in.cond.Signal()
	in.mu.Unlock()
}

// inputState is the inlet as ATTACHED tells it, without the hash.
func (s inletState) inputState() wire.InputState {
	return wire.InputState{Accepted: s.accepted, Ended: s.ended}
}
