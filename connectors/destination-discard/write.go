package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"time"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/lines"
)

// write is one run of the write command.
type write struct {
	ctx    context.Context
	config config
	out    *kit.Emitter
	start  time.Time
	counts counts
	states states
}

// counts is what came in.
type counts struct{ records, states, bytes int64 }

func newWrite(ctx context.Context, c config, out *kit.Emitter) *write {
	if c.IgnoreSIGTERM {
		signal.Ignore(syscall.SIGTERM)
	}
	return &write{ctx: ctx, config: c, out: out, start: time.Now(), states: newStates(c, out)}
}

func (w *write) run(in *lines.Reader) error {
	if w.config.Fault == "log_storm" {
		go w.logStorm()
	}
	for {
		block, err := in.NextBlock()
		if errors.Is(err, io.EOF) {
			return w.end()
		}
		if err == nil {
			err = w.block(block)
		}
		if err != nil {
			return err
		}
	}
}

// block takes whole lines.
func (w *write) block(block []byte) error {
	w.counts.bytes += int64(len(block))
	for len(block) > 0 {
		line, rest, _ := bytes.Cut(block, []byte{'\n'})
		block = rest
		if err := w.line(line); err != nil {
			return err
		}
	}
	return nil
}

func (w *write) line(line []byte) error {
	switch typeOf(line) {
	case airbyte.Record:
		w.counts.records++
		if w.config.Stats && !w.swallowed() {
			w.states.count(line)
		}
		return w.afterRecord(line)
	case airbyte.State:
		w.counts.states++
		return w.states.take(line)
	}
	return nil
}

// afterRecord lets happen what the config wants to happen at a record.
func (w *write) afterRecord(line []byte) error {
	if w.config.Fault == "print_records" {
		if err := w.out.Lines(append(bytes.Clone(line), '\n')); err != nil {
			return err
		}
	}
	if w.counts.records == w.config.FaultAt {
		if err := w.fault(); err != nil {
			return err
		}
	}
	return w.keepPace()
}

func (w *write) keepPace() error {
	if w.config.Rate <= 0 {
		return nil
	}
	due := time.Duration(float64(w.counts.records) / w.config.Rate * float64(time.Second))
	wait := due - time.Since(w.start)
	if wait < 10*time.Millisecond {
		return nil
	}
	select {
	case <-w.ctx.Done():
		return kit.ErrTerminated
	case <-time.After(wait):
		return nil
	}
}

// end is the end of the input.
func (w *write) end() error {
	if err := w.states.end(); err != nil {
		return err
	}
	text := fmt.Sprintf("discarded %d records, %d bytes; %d states came", w.counts.records, w.counts.bytes, w.counts.states)
	if err := w.out.Log("INFO", text); err != nil {
		return err
	}
	switch w.config.Fault {
	case "hang_at_end":
		return w.hang()
	case "logs_at_end":
		if err := w.logs(100_000); err != nil {
			return err
		}
	}
	if w.config.ExitCode != 0 {
		return kit.Exit(w.config.ExitCode)
	}
	return nil
}
