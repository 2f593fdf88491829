package notify

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"knelt.dev/events"
)

// Courier brings messages to webhooks: in the background, so that one that hangs
// holds up nobody, each connection's in order, and again until they have arrived.
// What it has to do is in Memory; after a crash the next one looks there. Run has
// to run. It is safe for concurrent use.
type Courier struct {
	Hooks  Hooks
	Memory Memory
	Sender *Sender
	// Link, if set, gives the address of a sync in the dashboard; sync is 0 for the
	// connection itself.
	Link func(connection events.Ref, sync int64) string
	// Log is told of what cannot be told. Default: slog's.
	Log *slog.Logger

	once sync.Once
	wake chan struct{}
	mu   sync.Mutex
	// look tells that all connections have to be looked at.
	look bool
	// rounds are the connections that have, or may have, something to tell.
	rounds map[events.Ref]*round
	busy   int
}

// round is a connection's next delivery.
type round struct {
	at       time.Time
	failures int
	// under way; again: something came meanwhile.
	underWay, again bool
}

const (
	// atOnce bounds the connections whose webhooks are told side by side.
	atOnce = 64
	// firstWait is between two rounds, and doubled from one to the next up to
	// lastWait.
	firstWait = 30 * time.Second
	lastWait  = 15 * time.Minute
	// giveUp is how old a message is that nobody is told any more.
	giveUp = 24 * time.Hour
)

// Wake has a connection's messages brought, now.
func (c *Courier) Wake(ref events.Ref) {
	c.mu.Lock()
	c.want(ref)
	c.mu.Unlock()
	c.signal()
}

// want is Wake under c.mu.
func (c *Courier) want(ref events.Ref) {
	if c.rounds == nil {
		c.rounds = map[events.Ref]*round{}
	}
	r := c.rounds[ref]
	if r == nil {
		r = &round{}
		c.rounds[ref] = r
	}
	r.at, r.again = time.Time{}, r.underWay
}

// Look has it look for messages that others have left undelivered.
func (c *Courier) Look() {
	c.mu.Lock()
	c.look = true
	c.mu.Unlock()
	c.signal()
}

func (c *Courier) signal() {
	select {
	case c.woken() <- struct{}{}:
	default: // it is awake
	}
}

func (c *Courier) woken() chan struct{} {
	c.once.Do(func() { c.wake = make(chan struct{}, 1) })
	return c.wake
}

// Run works until ctx ends. What is under way then is given up, and is left to
// the next one.
func (c *Courier) Run(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.woken():
		case <-timer.C:
		}
		if c.looks() {
			all.Go(func() { c.lookAtAll(ctx) })
		}
		refs, next := c.start(time.Now())
		for _, ref := range refs {
			all.Go(func() {
				c.finish(ref, c.deliver(ctx, ref))
				c.signal()
			})
		}
		timer.Reset(next)
	}
}

func (c *Courier) looks() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	look := c.look
	c.look = false
	return look
}

// start takes the rounds that are to be made now, and tells when to come again.
func (c *Courier) start(now time.Time) (refs []events.Ref, next time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	next = time.Hour
	for ref, r := range c.rounds {
		switch wait := r.at.Sub(now); {
		case r.underWay || wait <= 0 && c.busy == atOnce: // its end wakes us
		case wait > 0:
			next = min(next, wait)
		default:
			r.underWay = true
			c.busy++
			refs = append(refs, ref)
		}
	}
	return refs, next
}

// finish notes how a round ended.
func (c *Courier) finish(ref events.Ref, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy--
	r := c.rounds[ref]
	r.underWay = false
	switch {
	case err != nil:
		r.at = time.Now().Add(min(firstWait<<min(r.failures, 10), lastWait))
		r.failures++
		r.again = false
	case r.again:
		r.at, r.failures, r.again = time.Time{}, 0, false
	default:
		delete(c.rounds, ref)
	}
}

func (c *Courier) log() *slog.Logger {
	if c.Log != nil {
		return c.Log
	}
	return slog.Default()
}
