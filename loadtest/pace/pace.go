// Package pace sends at a fixed rate, whatever becomes of what was sent before
// (an open loop), and keeps how long the answers took.
//
// A loop that waits for an answer before it asks again sends less when its peer
// is slow, and so never sees what those would have waited who do not know of
// each other. Latencies are therefore counted from the moment at which a request
// was meant to be sent.
package pace

import (
	"context"
	"sync"
	"time"
)

// Plan is when to send.
type Plan struct {
	// Rate of requests, per second; 0: all at once.
	Rate float64
	// Count of requests.
	Count int
}

// Shot is one request of a plan.
type Shot struct {
	// N counts from 0.
	N int
	// Due is when it is meant to be sent.
	Due time.Time
}

// after is when the n-th is due, counted from the first.
func (p Plan) after(n int) time.Duration {
	if p.Rate <= 0 {
		return 0
	}
	return time.Duration(float64(n) / p.Rate * float64(time.Second))
}

// Run calls send for each request when it is due, each in a goroutine of its
// own, and returns when all of them have returned. The end of ctx ends the
// sending; its cause is the error.
func (p Plan) Run(ctx context.Context, send func(Shot)) error {
	var sent sync.WaitGroup
	defer sent.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	begin := time.Now()
	for n := range p.Count {
		s := Shot{n, begin.Add(p.after(n))}
		timer.Reset(time.Until(s.Due))
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
		}
		sent.Go(func() { send(s) })
	}
	return nil
}
