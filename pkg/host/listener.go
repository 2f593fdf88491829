package host

import (
	"net"
	"sync"
)

// listener hands out connections that can be watched, and knows those that are
// open.
type listener struct {
	net.Listener
	mu   sync.Mutex
	open map[*conn]struct{}
}

func watched(l net.Listener) *listener {
	return &listener{Listener: l, open: map[*conn]struct{}{}}
}

// Accept waits for the next connection.
func (l *listener) Accept() (net.Conn, error) {
	inner, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: inner, forget: l.forget}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = struct{}{}
	return c, nil
}

func (l *listener) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}

// endAll closes all connections, whatever goes on in them.
func (l *listener) endAll() {
	l.mu.Lock()
	all := make([]*conn, 0, len(l.open))
	for c := range l.open {
		all = append(all, c)
	}
	l.mu.Unlock()
	for _, c := range all {
		_ = c.end() // it is being thrown away
	}
}
