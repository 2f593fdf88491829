package host

import (
	"io"
	"net"
	"sync"
	"time"
)

// maxAhead is how much of what follows a request is read while it is handled: a
// client that sends more is believed to be there.
const maxAhead = 64 << 10

// conn is a connection that can be watched while nobody reads from it: a handler
// is at work, and Fiber does not tell it that the client has gone. What the
// watch reads is the beginning of a next request (pipelining), and is given to
// the next Read.
type conn struct {
	net.Conn
	forget func(*conn)

	mu    sync.Mutex
	ahead []byte
	// err is how reading ended while it was watched.
	err error
	// lingers tells that the client may still be sending.
	lingers bool
	closed  sync.Once
}

// Read gives what was read ahead, then what comes.
func (c *conn) Read(p []byte) (int, error) {
	c.mu.Lock()
	if len(c.ahead) > 0 {
		n := copy(p, c.ahead)
		c.ahead = c.ahead[n:]
		c.mu.Unlock()
		return n, nil
	}
	err := c.err
	c.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// watch calls gone when the client has closed its side, or both, until stop is
// called. Meanwhile nobody else may read.
func (c *conn) watch(gone func()) (stop func()) {
	c.setReadDeadline(time.Time{})
	done := make(chan struct{})
	var stopping sync.Once
	stopped := make(chan struct{})
	go func() {
		defer close(done)
		c.lookAhead(stopped, gone)
	}()
	return func() {
		stopping.Do(func() {
			close(stopped)
			c.setReadDeadline(time.Unix(1, 0)) // wakes the read that waits
			<-done
			c.setReadDeadline(time.Time{})
		})
	}
}

func (c *conn) lookAhead(stopped <-chan struct{}, gone func()) {
	buf := make([]byte, 512)
	for {
		n, err := c.Conn.Read(buf)
		c.mu.Lock()
		c.ahead = append(c.ahead, buf[:n]...)
		full := len(c.ahead) >= maxAhead
		c.mu.Unlock()
		switch {
		case err == nil && !full:
			continue
		case err != nil && !woken(err, stopped):
			c.mu.Lock()
			c.err = err
			c.mu.Unlock()
			gone()
		}
		return
	}
}

// woken tells whether a read ended only because the watch did.
func woken(err error, stopped <-chan struct{}) bool {
	select {
	case <-stopped:
		timeout, ok := err.(net.Error) //nolint:errorlint // of the connection itself, nobody wraps it
		return ok && timeout.Timeout()
	default:
		return false
	}
}

// setReadDeadline can fail only on a closed connection, which the next read
// tells.
func (c *conn) setReadDeadline(t time.Time) { _ = c.SetReadDeadline(t) }

// linger makes Close wait for the rest of what the client sends: closing with
// unread bytes resets the connection, and the client may lose the answer that
// tells it why (RFC 9112, 9.6).
func (c *conn) linger() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lingers = true
}

const (
	lingerTime  = 2 * time.Second
	lingerBytes = 256 << 20
)

// Close closes the connection, after the client if it lingers.
func (c *conn) Close() error {
	c.mu.Lock()
	lingers := c.lingers
	c.lingers = false
	c.mu.Unlock()
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && lingers && half.CloseWrite() == nil {
		c.setReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) // it is thrown away
	}
	return c.end()
}

// end closes the connection at once.
func (c *conn) end() error {
	c.closed.Do(func() { c.forget(c) })
	return c.Conn.Close()
}
