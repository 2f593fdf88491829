package main

import (
	"context"
	"fmt"
	"time"
)

// patience is how long ending at once may take before the process just exits:
// whoever has asked twice must not wait for a program that does not listen.
const patience = 12 * time.Second

// stop is how the user's signals end a sync.
type stop struct {
	// ctx ends at the second signal, drain is closed at the first.
	ctx   context.Context
	drain chan struct{}
}

// stoppable listens for signals until release is called: the first ends the sync
// gently, the second at once, the third the process.
func (c *cli) stoppable(parent context.Context, say func(string)) (s stop, release func()) {
	ctx, cancel := context.WithCancelCause(parent)
	s = stop{ctx: ctx, drain: make(chan struct{})}
	over := make(chan struct{})
	go func() {
		if !c.await(over) {
			return
		}
		tell(say, "stopping: what the destination has committed is kept. Once more (Ctrl-C) to stop at once.")
		close(s.drain)
		if !c.await(over) {
			return
		}
		tell(say, "stopping at once.")
		cancel(errInterrupted)
		c.giveUp(over)
	}()
	return s, func() {
		close(over)
		cancel(nil)
	}
}

// tell says something, but does not wait for a reader that has stopped reading
// (a full pipe): to end must be possible all the same.
func tell(say func(string), text string) {
	said := make(chan struct{})
	go func() {
		say(text)
		close(said)
	}()
	select {
	case <-said:
	case <-time.After(time.Second):
	}
}

// await waits for a signal; it is false if the sync is over before.
func (c *cli) await(over <-chan struct{}) bool {
	select {
	case <-c.signals:
		return true
	case <-over:
		return false
	}
}

// giveUp ends the process at the next signal, or when patience is over. Connectors
// do not outlive it, and what they leave is cleared up by the next start.
func (c *cli) giveUp(over <-chan struct{}) {
	select {
	case <-over:
		return
	case <-c.signals:
	case <-time.After(patience):
		tell(func(text string) { fmt.Fprintln(c.stderr, text) }, fmt.Sprintf("knelt: it did not end within %s; exiting all the same.", patience))
	}
	c.exit(exitInterrupted)
}

// interruptible gives a context that ends at the first signal, for commands that
// have nothing to commit.
func (c *cli) interruptible(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	over := make(chan struct{})
	go func() {
		if c.await(over) {
			cancel(errInterrupted)
			c.giveUp(over)
		}
	}()
	return ctx, func() {
		close(over)
		cancel(nil)
	}
}
