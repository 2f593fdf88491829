package synclog

import (
	"context"
	"sync"
	"time"
)

// queue is the bounded room between those who log and the one goroutine that
// writes. It has two batches: one fills while the other is written.
type queue struct {
	limit int           // bytes of one batch
	flush int           // bytes that are worth writing
	ready chan struct{} // has an element once a batch is worth writing

	mu      sync.Mutex
	filling *Batch
	dropped int64 // since the last take
	total   int64 // dropped ever
	closed  bool
	closing chan struct{} // closed with the queue
}

func newQueue(limit, flush int) *queue {
	return &queue{limit: limit / 2, flush: flush, ready: make(chan struct{}, 1), filling: &Batch{}, closing: make(chan struct{})}
}

// refuses tells, and counts, a line for which there is no room now. Asked first,
// it saves the work on lines of which there are too many anyway.
func (q *queue) refuses() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed && len(q.filling.bytes) < q.limit {
		return false
	}
	q.drop()
	return true
}

// put queues e, or counts it as dropped. It waits for nothing but other puts.
func (q *queue) put(e *Entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.filling.add(e) != nil {
		q.drop()
		return
	}
	if len(q.filling.bytes) > q.limit && len(q.filling.lines) > 1 {
		q.filling.undo()
		q.drop()
	}
	if len(q.filling.bytes) >= q.flush {
		q.wake()
	}
}

func (q *queue) drop() {
	q.dropped++
	q.total++
}

func (q *queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// take gives what was queued and goes on with the empty batch. Lines that found
// the queue full are told in a last line: they came after all the others.
func (q *queue) take(empty *Batch) *Batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	full := q.filling
	empty.reset()
	q.filling = empty
	if q.dropped > 0 && full.add(note(time.Now(), q.dropped,
		"%d lines dropped: they came faster than they could be written")) == nil {
		q.dropped = 0
	}
	return full
}

// close lets the writer take what is left; later lines are dropped.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	close(q.ready)
	close(q.closing)
}

// context ends that long after the queue was closed.
func (q *queue) context(after time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-ctx.Done():
			return
		case <-q.closing:
		}
		select {
		case <-ctx.Done():
		case <-time.After(after):
			cancel()
		}
	}()
	return ctx, cancel
}
