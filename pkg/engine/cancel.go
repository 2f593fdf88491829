package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"knelt.dev/pkg/store"
)

// Cancels keeps the wish that a sync of a connection ends, whichever process
// runs it.
type Cancels interface {
	// AskCancel asks for the end of a sync; the wish is forgotten after keep (at
	// least 1ms). The last one counts.
	AskCancel(ctx context.Context, connection string, sync int64, keep time.Duration) error
	// CancelAsked tells which sync is to end; ok is false if none is.
	CancelAsked(ctx context.Context, connection string) (sync int64, ok bool, err error)
}

func (e *Engine) cancels() Cancels {
	if e.Cancels != nil {
		return e.Cancels
	}
	c, _ := e.Store.(Cancels)
	return c
}

// cancel is the gentle end of a sync, for whoever asks for it first: the request
// (Drain), or a wish that another process has left.
type cancel struct {
	// asked is closed by the first.
	asked chan struct{}
	once  *sync.Once
	// sync is the one that runs; 0 before it has an id.
	sync *atomic.Int64
}

func newCancel() cancel {
	return cancel{asked: make(chan struct{}), once: &sync.Once{}, sync: &atomic.Int64{}}
}

func (c cancel) ask() { c.once.Do(func() { close(c.asked) }) }

// follow asks when drain is closed, until done is called.
func (c cancel) follow(drain <-chan struct{}) (done func()) {
	if closed(drain) {
		c.ask()
	}
	over := make(chan struct{})
	var following sync.WaitGroup
	following.Go(func() {
		select {
		case <-drain:
			c.ask()
		case <-over:
		}
	})
	return func() {
		close(over)
		following.Wait()
	}
}

// lookForCancel ends the sync if somebody wishes it. That nobody can be asked
// now ends nothing: the next renewal asks again.
func (j *job) lookForCancel(ctx context.Context) {
	wishes, running := j.engine.cancels(), j.cancel.sync.Load()
	if wishes == nil || running == 0 {
		return
	}
	if id, ok, err := wishes.CancelAsked(ctx, j.lease.Connection()); err == nil && ok && id == running {
		j.cancel.ask()
	}
}

// dropOldCancel forgets a wish that was for an attempt before this request: a
// sync that was cancelled is gone on with by the next request, under the same
// id. Who goes on with what a dead engine left running finds the wish, and so
// does the same request that comes again.
func (j *job) dropOldCancel(ctx context.Context, last *store.SyncRecord) error {
	wishes := j.engine.cancels()
	if wishes == nil || last == nil || j.goesOn(*last) {
		return nil
	}
	id, ok, err := wishes.CancelAsked(ctx, j.lease.Connection())
	if err != nil || !ok {
		return while("looking whether the sync was cancelled", err)
	}
	return while("forgetting that a sync was cancelled", wishes.AskCancel(ctx, j.lease.Connection(), id, time.Millisecond))
}

// goesOn tells that this request began the attempt that a record says is
// running.
func (j *job) goesOn(r store.SyncRecord) bool {
	n := len(r.Attempts)
	return r.Status == store.Running && n > 0 && j.req.Key != "" && r.Attempts[n-1].Request == j.req.Key
}
