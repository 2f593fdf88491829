package record

import (
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// gathered is how much is written at once. The kernel's costs for a write are then
// small beside those for its bytes, and it still fits a processor's nearest caches.
const gathered = 16 * (headerSize + maxPlain + overhead)

// writing seals records, and gathers them.
type writing struct {
	mu sync.Mutex // Read sends alerts, too
	half
	buf []byte
	err error // sticky
}

// Write seals p. What is sealed is sent when there is much of it, and by Flush.
func (c *Conn) Write(p []byte) (int, error) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	done := 0
	for done < len(p) {
		n := min(len(p)-done, maxPlain)
		if err := c.reserve(sealedSize(n)); err != nil {
			return done, err
		}
		if err := c.out.seal(application, p[done:done+n]); err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// Reserve makes sure that n more bytes can be written in any pieces of 8 KiB or
// more without waiting for the network.
func (c *Conn) Reserve(n int) error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	return c.reserve(n + (n>>13+2)*(headerSize+overhead))
}

// Flush sends what was sealed.
func (c *Conn) Flush() error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	return c.send()
}

// CloseWrite tells the peer that nothing more comes; it reads io.EOF.
func (c *Conn) CloseWrite() error { return c.say(closeNotify) }

func (c *Conn) reserve(n int) error {
	if c.out.err != nil || len(c.out.buf)+n <= gathered {
		return c.out.err
	}
	return c.send()
}

// send sends what was sealed. A failure is final: a part may have been sent.
func (c *Conn) send() error {
	if c.out.err != nil || len(c.out.buf) == 0 {
		return c.out.err
	}
	_, c.out.err = c.raw.Write(c.out.buf)
	c.out.buf = c.out.buf[:0]
	return c.out.err
}

// say sends an alert, after which nothing is written.
func (c *Conn) say(a tls.AlertError) error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if c.out.err != nil {
		return c.out.err
	}
	level := byte(2) // fatal
	if a == closeNotify {
		level = 1
	}
	if c.out.err = c.out.seal(alert, []byte{level, byte(a)}); c.out.err != nil {
		return c.out.err
	}
	err := c.send()
	c.out.err = net.ErrClosed
	return err
}

// accuse tells the peer what it did wrong. A write that waits for it gets a second:
// the connection ends anyway.
func (c *Conn) accuse(a tls.AlertError) {
	if c.raw.SetWriteDeadline(time.Now().Add(time.Second)) == nil {
		_ = c.say(a) // the caller has the reason
	}
}

func sealedSize(n int) int { return headerSize + n + overhead }

// seal adds a record. The caller has made room.
func (w *writing) seal(what content, payload []byte) error {
	if err := w.next(); err != nil {
		w.err = err
		return err
	}
	if w.buf == nil {
		w.buf = make([]byte, 0, gathered)
	}
	at := len(w.buf)
	w.buf = w.buf[:at+sealedSize(len(payload))]
	w.announce(len(payload) + overhead)
	copy(w.buf[at:], w.header[:])
	w.aead.Seal(w.buf[at+headerSize:], &w.nonce, payload, byte(what), w.header[:])
	return nil
}
