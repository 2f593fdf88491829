package main

import (
	"context"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// blockSize is how much is made before it is written.
const blockSize = 128 << 10

// read is one run of the read command.
type read struct {
	ctx     context.Context
	config  config
	out     *kit.Emitter
	streams []*stream
	block   []byte
	pace    pace
	// total counts the rows of all streams.
	total int64
}

// stream is one configured stream.
type stream struct {
	airbyte.ConfiguredStream
	rows *rows
	// last is the number of the row made last, end of the stream's last one.
	last, end int64
	// unstated counts the rows made since the last state.
	unstated int64
}

func newRead(ctx context.Context, c config, in kit.ReadInput, out *kit.Emitter) (*read, error) {
	if c.IgnoreSIGTERM {
		signal.Ignore(syscall.SIGTERM)
	}
	now := time.Now()
	r := &read{ctx: ctx, config: c, out: out, pace: newPace(c.Rate, now)}
	for _, configured := range in.Catalog.Streams {
		d := configured.Stream.Descriptor()
		if err := c.has(d); err != nil {
			return nil, err
		}
		last, err := lastRow(c, configured, in.State)
		if err != nil {
			return nil, err
		}
		made := newRows(c, d.Name, kit.NewRecordTemplate(d, now))
		r.streams = append(r.streams, &stream{ConfiguredStream: configured, rows: made, last: last, end: c.rowsOf(d.Name)})
	}
	return r, nil
}

func (r *read) run() error {
	for _, s := range r.streams {
		if err := r.stream(s); err != nil {
			return err
		}
	}
	return nil
}

// stream reads one stream from its position to its end. It ends with a state,
// also if there was nothing to read.
func (r *read) stream(s *stream) error {
	first := s.last + 1
	text := fmt.Sprintf("reading %s: rows %d to %d", s.Stream.Descriptor(), first, max(s.last, s.end))
	if err := r.out.Log("INFO", text); err != nil {
		return err
	}
	if err := r.status(s, airbyte.Started); err != nil {
		return err
	}
	if err := r.rowsOf(s); err != nil {
		return err
	}
	if s.unstated > 0 || s.last < first {
		if err := r.state(s); err != nil {
			return err
		}
	}
	return r.status(s, airbyte.Complete)
}

func (r *read) rowsOf(s *stream) error {
	if s.last < s.end {
		if err := r.status(s, airbyte.Running); err != nil {
			return err
		}
	}
	for s.last < s.end {
		if err := r.step(s); err != nil {
			return err
		}
	}
	return nil
}

// step makes rows up to the next thing that happens, and lets it happen.
func (r *read) step(s *stream) error {
	if r.total+1 == r.config.FailAt {
		return r.fail(s)
	}
	if err := r.make(s, r.untilNext(s)); err != nil {
		return err
	}
	if err := r.noise(); err != nil {
		return err
	}
	if s.unstated == r.config.RecordsPerState {
		if err := r.state(s); err != nil {
			return err
		}
	}
	return r.keepPace()
}

// untilNext gives the number of rows until something happens.
func (r *read) untilNext(s *stream) int64 {
	n := min(s.end-s.last, r.config.RecordsPerState-s.unstated, r.pace.chunk)
	if r.config.FailAt > r.total {
		n = min(n, r.config.FailAt-1-r.total)
	}
	if len(r.config.Noise) > 0 {
		n = min(n, r.config.NoiseEvery-r.total%r.config.NoiseEvery)
	}
	return n
}

func (r *read) make(s *stream, n int64) error {
	for range n {
		s.last++
		r.block = s.rows.append(r.block, s.last)
		if len(r.block) >= blockSize {
			if err := r.write(); err != nil {
				return err
			}
		}
	}
	s.unstated += n
	r.total += n
	return nil
}

// write hands over the rows made.
func (r *read) write() error {
	err := r.out.Lines(r.block)
	r.block = r.block[:0]
	return err
}

func (r *read) status(s *stream, status airbyte.StreamStatus) error {
	if !r.config.Statuses {
		return nil
	}
	if err := r.write(); err != nil {
		return err
	}
	return r.out.Status(s.Stream.Descriptor(), status)
}

// keepPace waits if the rows so far came faster than the rate.
func (r *read) keepPace() error {
	wait := r.pace.ahead(r.total, time.Now())
	if wait <= 0 {
		return nil
	}
	if err := r.write(); err != nil {
		return err
	}
	if err := r.out.Flush(); err != nil {
		return err
	}
	select {
	case <-r.ctx.Done():
		return kit.ErrTerminated
	case <-time.After(wait):
		return nil
	}
}
