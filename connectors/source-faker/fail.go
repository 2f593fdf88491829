package main

import (
	"os"
	"syscall"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// failures are the values of fail_mode: what happens in the place of row
// fail_at. Everything before that row has been written.
var failures = map[string]func(*read, *stream) error{
	"exit1": func(*read, *stream) error { return kit.Exit(1) },
	"exit0": func(*read, *stream) error { return kit.Exit(0) },
	"kill":  func(*read, *stream) error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) },
	"hang":  hang,
	"trace_error": func(r *read, s *stream) error {
		return r.failStream(s, kit.TransientError("the shop did not answer (fail_at)"))
	},
	"config_error": func(r *read, s *stream) error {
		return r.failStream(s, kit.ConfigError("the shop refused the key (fail_at)"))
	},
	"half_line": halfLine,
}

func (r *read) fail(s *stream) error {
	if err := r.write(); err != nil {
		return err
	}
	if err := r.out.Flush(); err != nil {
		return err
	}
	return failures[r.config.FailMode](r, s)
}

// hang waits for the end that a signal brings.
func hang(r *read, _ *stream) error {
	<-r.ctx.Done()
	return kit.ErrTerminated
}

func (r *read) failStream(s *stream, cause error) error {
	if err := r.status(s, airbyte.Incomplete); err != nil {
		return err
	}
	return kit.InStream(s.Stream.Descriptor(), cause)
}

// halfLine ends the output within a row.
func halfLine(r *read, s *stream) error {
	line := s.rows.append(nil, s.last+1)
	if err := r.out.Lines(line[:len(line)/2]); err != nil {
		return err
	}
	return kit.Exit(1)
}
