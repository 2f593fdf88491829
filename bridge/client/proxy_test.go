package client_test

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// cutter is a TCP proxy that cuts each connection after some bytes, by closing
// or by resetting it.
type cutter struct {
	addr string
	cuts atomic.Int64
}

// newCutter asks next for each connection's bytes, of both directions together;
// negative: it is never cut.
func newCutter(t testing.TB, to string, next func() int64) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{addr: l.Addr().String()}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			left := &atomic.Int64{}
			left.Store(next())
			all.Go(func() { c.proxy(near.(*net.TCPConn), to, left) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return c
}

func (c *cutter) proxy(near *net.TCPConn, to string, left *atomic.Int64) {
	defer near.Close() //nolint:errcheck // a connection that is cut on purpose
	conn, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	far := conn.(*net.TCPConn)
	defer far.Close() //nolint:errcheck // a connection that is cut on purpose
	bounded := left.Load() >= 0
	var both sync.WaitGroup
	for _, way := range [][2]*net.TCPConn{{near, far}, {far, near}} {
		both.Go(func() {
			if !bounded {
				_, _ = io.Copy(way[1], way[0])
				_ = way[1].CloseWrite()
				return
			}
			c.some(way[1], way[0], left)
			if rand.N(2) == 0 {
				_ = way[1].SetLinger(0)
			}
			_ = way[1].Close()
			_ = way[0].Close()
		})
	}
	both.Wait()
}

// some copies until the bytes of both directions are used up.
func (c *cutter) some(to io.Writer, from io.Reader, left *atomic.Int64) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		rest := left.Add(-int64(n))
		if rest <= 0 {
			if rest+int64(n) > 0 {
				c.cuts.Add(1)
			}
			n = max(0, n+int(rest))
		}
		if _, writeErr := to.Write(buf[:n]); err != nil || writeErr != nil || rest <= 0 {
			return
		}
	}
}
