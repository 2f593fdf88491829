package synclog

import (
	"fmt"
	"sync"
	"time"
)

// line tells what a line in a batch's bytes is, so that the index can count it.
type line struct {
	end     int
	time    time.Time
	level   Level
	origin  Origin
	dropped int64
}

// batch is a run of encoded lines.
type batch struct {
	bytes []byte
	lines []line
}

func (b *batch) add(e *Entry) error {
	bytes, err := appendEntry(b.bytes, e)
	if err != nil {
		return err
	}
	b.bytes = bytes
	b.lines = append(b.lines, line{len(bytes), e.Time, e.Level, e.Origin, e.dropped()})
	return nil
}

// undo takes the last of several lines away again.
func (b *batch) undo() {
	b.lines = b.lines[:len(b.lines)-1]
	b.bytes = b.bytes[:b.lines[len(b.lines)-1].end]
}

func (b *batch) reset() {
	b.bytes, b.lines = b.bytes[:0], b.lines[:0]
}

// queue is the bounded room between those who log and the one goroutine that
// writes. It has two batches: one fills while the other is written.
type queue struct {
	limit int           // bytes of one batch
	ready chan struct{} // has an element once a batch is worth writing

	mu      sync.Mutex
	filling *batch
	dropped int64 // since the last take
	total   int64 // dropped ever
	closed  bool
}

func newQueue(limit int) *queue {
	return &queue{limit: limit / 2, ready: make(chan struct{}, 1), filling: &batch{}}
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
	if len(q.filling.bytes) >= q.limit/8 {
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
func (q *queue) take(empty *batch) *batch {
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

// note is the engine's line about n missing ones.
func note(at time.Time, n int64, format string) *Entry {
	return &Entry{
		Time: at, Level: Warn, Origin: Engine,
		Message: fmt.Sprintf(format, n),
		Fields:  map[string]any{droppedField: n},
	}
}

// close lets the writer take what is left; later lines are dropped.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	close(q.ready)
}
