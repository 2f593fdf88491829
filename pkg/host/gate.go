package host

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// gate lets requests in, counts those that are inside, and is closed for
// draining.
type gate struct {
	limit    int
	draining chan struct{}
	empty    chan struct{}

	mu     sync.Mutex
	inside int
	closed bool
}

func newGate(limit int) gate {
	return gate{limit: limit, draining: make(chan struct{}), empty: make(chan struct{})}
}

var errDraining = errors.New("this instance is ending")

// enter lets a request in; its error says why not.
func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return &Error{Cause: Unavailable, Detail: errDraining.Error(), RetryAfter: time.Second}
	case g.limit > 0 && g.inside >= g.limit:
		return &Error{Cause: Unavailable, Detail: fmt.Sprintf("this instance handles %d requests at once", g.limit), RetryAfter: time.Second}
	}
	g.inside++
	return nil
}

// leave is called once for each request that was let in.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.tellIfEmpty()
}

// close lets nobody in any more, and tells those who are inside.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	g.closed = true
	close(g.draining)
	g.tellIfEmpty()
}

func (g *gate) tellIfEmpty() {
	if g.closed && g.inside == 0 {
		close(g.empty)
	}
}

func (g *gate) isClosed() bool {
	select {
	case <-g.draining:
		return true
	default:
		return false
	}
}

// count tells how many are inside.
func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inside
}
