package bucket

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"gocloud.dev/blob"

	"knelt.dev/pkg/synclog"
)

const (
	// putWithin is how long one try to put a chunk may take.
	putWithin = 10 * time.Second
	// The wait between tries grows from the first to the second.
	firstWait, lastWait = 200 * time.Millisecond, 10 * time.Second

	unknown = -1
)

// sink puts a log's lines into one writer's folder.
type sink struct {
	bucket *Bucket
	name   synclog.Name
	dir    string
	number int   // of the last chunk
	limit  int64 // bytes of the attempt
	total  int64 // what they are

	lost  int64 // lines that were not put before the log was closed
	cause error // why the first of them were not
}

// Put puts a chunk, however often that has to be tried: as long as the log is
// open nothing is given up, it is the queue that overflows.
func (s *sink) Put(ctx context.Context, b *synclog.Batch) {
	if b.Len() == 0 {
		return
	}
	info := b.Info()
	// A try whose time is up may be read for a moment longer than the batch lives.
	data := bytes.Clone(b.Bytes())
	if err := s.put(ctx, key(s.dir, s.number+1, info), data); err != nil {
		s.lost += info.Lines
		if s.cause == nil {
			s.cause = err
		}
		return
	}
	s.number++
	s.bound(ctx, info.Bytes)
}

func (s *sink) put(ctx context.Context, key string, data []byte) error {
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		err := s.bucket.put(ctx, key, data)
		if err == nil {
			return nil
		}
		if s.bucket.opts.Trouble != nil && wait == firstWait {
			s.bucket.opts.Trouble(s.name, err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// put writes one object, whole or not at all.
func (b *Bucket) put(ctx context.Context, key string, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, putWithin)
	defer cancel()
	// The type saves the writer from guessing it by the first bytes.
	return b.blobs.Upload(ctx, key, bytes.NewReader(data), &blob.WriterOptions{ContentType: "application/jsonl"})
}

// Close says that this writer writes no more, which ends those who follow.
func (s *sink) Close(ctx context.Context) error {
	err := s.bucket.put(ctx, s.dir+endName, nil)
	if s.lost > 0 {
		return fmt.Errorf("sync log %s: %d lines could not be written: %w", s.bucket.Where(s.name), s.lost, s.cause)
	}
	if err != nil {
		return fmt.Errorf("ending sync log %s: %w", s.bucket.Where(s.name), err)
	}
	return nil
}
