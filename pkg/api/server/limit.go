package server

import (
	"sync"
	"time"

	"knelt.dev/pkg/host"
)

const (
	// defaultRate is how many requests a second one caller may send for long; four
	// times as many at once. A dashboard that is opened sends some ten at once and
	// then one now and then.
	defaultRate = 50
	// failuresPerSecond are requests of nobody that is known, all together.
	failuresPerSecond = 20
	failuresBurst     = 100
	// maxStreams are streams of events of all callers together, and of one.
	maxStreams          = 256
	maxStreamsPerCaller = 64
)

// bucket is a token bucket.
type bucket struct {
	left float64
	at   time.Time
}

// take takes one if there is one, else it tells how long to wait.
func (b *bucket) take(now time.Time, rate, size float64) time.Duration {
	if b.at.IsZero() {
		b.left = size
	} else {
		b.left = min(size, b.left+rate*max(0, now.Sub(b.at).Seconds()))
	}
	b.at = now
	if b.left < 1 {
		return time.Duration((1 - b.left) / rate * float64(time.Second))
	}
	b.left--
	return 0
}

// limits bound what callers may ask. Callers are names of tokens, so there are
// few.
type limits struct {
	rate float64

	mu       sync.Mutex
	callers  map[string]*bucket
	failures bucket
	streams  map[string]int
	all      int
}

func newLimits(perSecond int) *limits {
	if perSecond <= 0 {
		perSecond = defaultRate
	}
	return &limits{rate: float64(perSecond), callers: map[string]*bucket{}, streams: map[string]int{}}
}

func (l *limits) take(who caller, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.callers[who.name]
	if b == nil {
		b = &bucket{}
		l.callers[who.name] = b
	}
	return limited(b.take(now, l.rate, 4*l.rate))
}

// fail counts a request of nobody that is known.
func (l *limits) fail(now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return limited(l.failures.take(now, failuresPerSecond, failuresBurst))
}

func limited(wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	return &host.Error{Cause: host.RateLimited, Detail: "more requests than one may send in a second", RetryAfter: max(wait, time.Millisecond)}
}

// enter lets a stream begin; leave ends it.
func (l *limits) enter(who caller) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= maxStreams || l.streams[who.name] >= maxStreamsPerCaller {
		return &host.Error{Cause: host.RateLimited, Detail: "as many streams of events as there may be are open"}
	}
	l.all++
	l.streams[who.name]++
	return nil
}

func (l *limits) leave(who caller) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.streams[who.name]--; l.streams[who.name] == 0 {
		delete(l.streams, who.name)
	}
}
