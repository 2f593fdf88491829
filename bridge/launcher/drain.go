//go:build linux

package launcher

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"knelt.dev/bridge/podfiles"
)

// verdict is what is to happen to the processes that a connector left behind.
type verdict uint8

const (
	wait    verdict = iota // they may go on
	free                   // they hold no output: nothing keeps them
	overdue                // they hold an output and have had their time
)

// drain is the patience with what a connector left behind. As long as stdout
// flows, or its reader has something left to read, it goes on. Who only holds
// it, or has closed it and only logs on, is given a time.
type drain struct {
	dir      podfiles.Dir
	patience time.Duration
	flowed   time.Time // when stdout was last seen to flow
	closed   time.Time // when stdout was first seen closed
	written  unix.Timespec
}

// newDrain begins the patience, at the connector's end.
func newDrain(dir podfiles.Dir, patience time.Duration, now time.Time) *drain {
	return &drain{dir: dir, patience: patience, flowed: now}
}

// judge looks at the outputs.
func (d *drain) judge(now time.Time) verdict {
	out := look(d.dir.Stdout())
	if out.condition != closed {
		return d.judgeOpen(out, now)
	}
	if d.closed.IsZero() {
		d.closed = now
	}
	switch log := look(d.dir.Stderr()); {
	case log.condition == closed:
		return free
	case log.condition == silent && now.Sub(d.closed) >= d.patience:
		return overdue
	}
	return wait
}

func (d *drain) judgeOpen(out output, now time.Time) verdict {
	if out.condition == filled || out.written != d.written {
		d.flowed, d.written = now, out.written
	}
	if now.Sub(d.flowed) >= d.patience {
		return overdue
	}
	return wait
}

// condition is how a FIFO is found.
type condition uint8

const (
	silent condition = iota // empty, and some process may write
	filled                  // the sidecar has something to read
	closed                  // empty, and nobody can write
)

// output is a FIFO as it is found.
type output struct {
	condition condition
	written   unix.Timespec // when something was last written
}

// look looks into a FIFO without taking anything from it. The launcher is then a
// reader of it, for an instant. One that cannot be looked at counts as silent:
// the patience with it ends.
func look(path string) output {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return output{}
	}
	defer func() { _ = unix.Close(fd) }() // nothing was written
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return output{}
	}
	return output{peek(fd), stat.Mtim}
}

// peek finds out what a read would give, by copying a byte to a pipe.
func peek(fd int) condition {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return silent
	}
	defer func() { _, _ = unix.Close(pipe[0]), unix.Close(pipe[1]) }() // the copy is not wanted
	for {
		n, err := unix.Tee(fd, pipe[1], 1, unix.SPLICE_F_NONBLOCK)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return silent // EAGAIN: empty
		case n > 0:
			return filled
		}
		return closed
	}
}
