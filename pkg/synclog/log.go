package synclog

import (
	"context"
	"sync"
	"time"
)

// Options of a log. The zero value of each is its default.
type Options struct {
	// FileBytes is where a file ends and the next begins. Default 8 MiB, and an
	// eighth of TotalBytes at most.
	FileBytes int64
	// TotalBytes bounds all files of the log; beyond it the middle is dropped.
	// Default 256 MiB.
	TotalBytes int64
	// QueueBytes bounds the lines that wait to be written. Default 4 MiB.
	QueueBytes int
	// LineBytes is where a message, and each field, is cut. Default 64 KiB.
	LineBytes int
	// FlushEvery bounds how long a line waits. Default 1 s.
	FlushEvery time.Duration
	// FlushBytes is how many bytes do not wait for that. Default, and most, a
	// sixteenth of QueueBytes.
	FlushBytes int
	// CloseWithin bounds how long Close waits for a slow sink. Default 5 s.
	CloseWithin time.Duration
	// Redact, if set, gets every message and every text of a field before it is
	// queued, and gives back what may be kept. It must be safe for concurrent
	// use and may change its argument. Secrets longer than LineBytes are beyond
	// it when they sit in a line longer than twice that.
	Redact func([]byte) []byte
}

func (o Options) withDefaults() Options {
	if o.FileBytes <= 0 {
		o.FileBytes = 8 << 20
	}
	if o.TotalBytes <= 0 {
		o.TotalBytes = 256 << 20
	}
	// The total is kept by dropping whole files, so there must be some to drop.
	o.FileBytes = max(1, min(o.FileBytes, o.TotalBytes/8))
	if o.QueueBytes <= 0 {
		o.QueueBytes = 4 << 20
	}
	if most := max(1, o.QueueBytes/16); o.FlushBytes <= 0 || o.FlushBytes > most {
		o.FlushBytes = most
	}
	if o.CloseWithin <= 0 {
		o.CloseWithin = 5 * time.Second
	}
	if o.LineBytes <= 0 {
		o.LineBytes = 64 << 10
	}
	if o.FlushEvery <= 0 {
		o.FlushEvery = time.Second
	}
	return o
}

// Sink keeps the lines of a Log. One goroutine calls it, first Put any number of
// times, then Close.
type Sink interface {
	// Put keeps a batch, which may be empty and is valid until Put returns. It may
	// take as long as it likes: meanwhile the queue fills, and what finds it full
	// is counted in a later line. Once ctx has ended the log is being closed and
	// Put returns soon. Lines that it cannot keep it counts and tells by itself.
	Put(ctx context.Context, b *Batch)
	// Close ends the log, soon once ctx has ended. The error tells what was lost.
	Close(ctx context.Context) error
}

// Log is the log of one attempt of a sync, open for writing. It is safe for
// concurrent use.
type Log struct {
	opts  Options
	queue *queue
	sink  Sink

	stop  sync.Once
	ended chan struct{}
	err   error
}

// New gives a Log that keeps its lines in sink.
func New(sink Sink, opts Options) *Log {
	o := opts.withDefaults()
	l := &Log{opts: o, queue: newQueue(o.QueueBytes, o.FlushBytes), sink: sink, ended: make(chan struct{})}
	go l.run()
	return l
}

// Write logs one entry. It does not wait for the sink and never fails: see the
// package's words on dropped lines.
func (l *Log) Write(e Entry) {
	if l.queue.refuses() {
		return
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	e.Time = e.Time.UTC().Truncate(time.Millisecond)
	e.Level, e.Origin, e.Output = ParseLevel(string(e.Level)), knownOrigin(e.Origin), knownOutput(e.Output)
	e.Message = text(e.Message, l.opts.LineBytes, l.opts.Redact)
	e.Fields = l.fields(e.Fields)
	l.queue.put(&e)
}

func (l *Log) fields(in map[string]any) map[string]any {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string]any, len(in))
	for key, value := range in {
		value = scalar(value)
		if s, ok := value.(string); ok {
			value = text(s, l.opts.LineBytes, l.opts.Redact)
		}
		out[text(key, l.opts.LineBytes, l.opts.Redact)] = value
	}
	return out
}

// run writes what is queued until the queue is closed and empty.
func (l *Log) run() {
	defer close(l.ended)
	ctx, end := l.queue.context(l.opts.CloseWithin)
	defer end()
	tick := time.NewTicker(l.opts.FlushEvery)
	defer tick.Stop()
	spare := &Batch{}
	for open := true; open; {
		select {
		case <-tick.C:
		case _, open = <-l.queue.ready:
		}
		spare = l.queue.take(spare)
		l.sink.Put(ctx, spare)
	}
	l.err = l.sink.Close(ctx)
}

// Dropped is the number of lines so far that found the queue full (or closed).
func (l *Log) Dropped() int64 {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	return l.queue.total
}

// Close writes what is queued and ends the log. The error tells how many lines
// could not be written and why; it is no reason to fail a sync.
func (l *Log) Close() error {
	l.stop.Do(func() {
		l.queue.close()
		<-l.ended
	})
	return l.err
}
