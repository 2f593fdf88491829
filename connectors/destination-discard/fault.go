package main

import (
	"os"
	"syscall"
	"time"

	"knelt.dev/connectors/internal/kit"
)

// fault happens at record fault_at.
func (w *write) fault() error {
	switch w.config.Fault {
	case "stop_reading":
		return w.hang()
	case "exit":
		return kit.Exit(w.config.ExitCode)
	case "trace_error":
		return kit.TransientError("the lake ran dry (fault_at)")
	case "kill":
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return nil
}

// hang waits for the end that a signal brings.
func (w *write) hang() error {
	if err := w.out.Flush(); err != nil {
		return err
	}
	<-w.ctx.Done()
	return kit.ErrTerminated
}

// swallowed tells whether the record is one that is lost without a word: each
// fault_at-th.
func (w *write) swallowed() bool {
	return w.config.Fault == "swallow" && w.counts.records%w.config.FaultAt == 0
}

const logLine = `{"type":"LOG","log":{"level":"INFO","message":"flushed a batch of 1 record to the lake"}}` + "\n"

// logs writes log lines.
func (w *write) logs(lines int) error {
	for range lines {
		if err := w.out.Lines([]byte(logLine)); err != nil {
			return err
		}
	}
	return nil
}

// logStorm writes 100,000 log lines per second until the program ends.
func (w *write) logStorm() {
	for tick := time.NewTicker(10 * time.Millisecond); w.logs(1000) == nil; {
		select {
		case <-tick.C:
		case <-w.ctx.Done():
			return
		}
	}
}
