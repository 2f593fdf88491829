package wire

import (
	"net"
	"sync"
)

// gatherSize is how much is sent at once: the records of four full frames. The
// kernel's costs for a write are then small beside those for its bytes, and it
// still fits a processor's nearest caches.
const gatherSize = 4 * (MaxPayload + recordsOverhead)

// recordsOverhead is at least what TLS adds to a frame: 22 bytes to each of its
// five records.
const recordsOverhead = 256

// Gather is a connection under TLS, which writes each record by itself: while a
// Writer is Over it, the records of several frames go out in one write.
type Gather struct {
	net.Conn

	mu   sync.Mutex
	held bool
	buf  []byte
}

// Write sends p, or keeps it for the Writer's Flush.
func (g *Gather) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.held {
		return g.Conn.Write(p)
	}
	g.buf = append(g.buf, p...)
	return len(p), nil
}

// hold keeps what is written from now on.
func (g *Gather) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.buf == nil {
		g.buf = make([]byte, 0, gatherSize)
	}
	g.held = true
}

// pending is how much is kept.
func (g *Gather) pending() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.buf)
}

// send sends what is kept.
func (g *Gather) send() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = false
	if len(g.buf) == 0 {
		return nil
	}
	_, err := g.Conn.Write(g.buf)
	g.buf = g.buf[:0]
	return err
}
