package redistest

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy stands between a client and a server, and can lose answers.
type Proxy struct {
	// Addr is where clients connect.
	Addr string

	listener net.Listener
	backend  string
	lose     atomic.Pointer[[]byte]
	lost     atomic.Int64
	mu       sync.Mutex
	conns    []net.Conn
	pumps    sync.WaitGroup
}

// NewProxy starts a proxy before the server at addr; it ends with the test.
func NewProxy(t testing.TB, addr string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), listener: l, backend: addr}
	p.pumps.Go(p.serve)
	t.Cleanup(p.close)
	return p
}

// URL is the proxy's address as a Redis URL.
func (p *Proxy) URL() string { return "redis://" + p.Addr + "/0" }

// LoseNextAnswer cuts the connection of the next command whose bytes hold word,
// after the server has answered it and before the client gets the answer.
func (p *Proxy) LoseNextAnswer(word string) {
	w := []byte(word)
	p.lose.Store(&w)
}

// Lost counts the answers lost so far.
func (p *Proxy) Lost() int64 { return p.lost.Load() }

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial("tcp", p.backend)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		var cut atomic.Bool
		p.pumps.Go(func() { p.pump(server, client, func(b []byte) bool { p.arm(&cut, b); return true }) })
		p.pumps.Go(func() { p.pump(client, server, func([]byte) bool { return !p.cut(&cut) }) })
	}
}

// arm marks the connection when a wanted command goes by, which it does before
// the command reaches the server.
func (p *Proxy) arm(cut *atomic.Bool, b []byte) {
	if w := p.lose.Load(); w != nil && bytes.Contains(b, *w) && p.lose.CompareAndSwap(w, nil) {
		cut.Store(true)
	}
}

func (p *Proxy) cut(cut *atomic.Bool) bool {
	if cut.Load() {
		p.lost.Add(1)
		return true
	}
	return false
}

// pump copies from src to dst while pass lets the bytes by, then ends both.
func (p *Proxy) pump(dst, src net.Conn, pass func([]byte) bool) {
	defer dst.Close() //nolint:errcheck // a proxy's end is the peer's business
	defer src.Close() //nolint:errcheck // likewise
	b := make([]byte, 64<<10)
	for {
		n, err := src.Read(b)
		if n > 0 && pass(b[:n]) {
			if _, err := dst.Write(b[:n]); err != nil {
				return
			}
		} else if n > 0 {
			return
		}
		if err != nil {
			return
		}
	}
}

func (p *Proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.pumps.Wait()
}
