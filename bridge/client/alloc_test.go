package client

import (
	"testing"

	"knelt.dev/bridge/wire"
)

// TestNothingIsAllocatedPerFrame looks at what the client itself does with a
// frame; package record has such a test of its own.
func TestNothingIsAllocatedPerFrame(t *testing.T) {
	r := newRun(Config{}.withDefaults(), nil)
	r.stdout.opened, r.stdout.wanted, r.stdout.granted = true, true, noBound
	r.stdin.credit = stdinWindow
	buf := make([]byte, wire.BestPayload)
	frames := make([]wire.Frame, 0, 16)
	var failed error
	each := map[string]func(){
		"in": func() {
			if err := r.stdout.take(wire.Frame{Type: wire.Data, Stream: wire.Stdout, Offset: r.stdout.received, Payload: buf}); err != nil {
				failed = err
			}
			if n, err := r.stdout.Read(buf); n != len(buf) || err != nil {
				failed = err
			}
		},
		"out": func() {
			if _, err := r.stdin.Write(buf); err != nil {
				failed = err
			}
			for r.stdin.sent < r.stdin.written {
				if frames, failed = r.next(frames[:0]); failed != nil {
					return
				}
			}
			failed = r.stdin.granted(r.stdin.sent + stdinWindow)
		},
	}
	for name, once := range each {
		if n := testing.AllocsPerRun(1000, once); n > 0.01 || failed != nil {
			t.Errorf("%s: %v allocations for each frame, %v", name, n, failed)
		}
	}
}
