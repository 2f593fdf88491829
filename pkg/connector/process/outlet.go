package process

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/rawio"
)

// outlet is the engine's end of a command's standard output or error. Reading
// goes straight to the pipe; no goroutine copies in between. It is for one
// reader.
//
// After the command itself has ended, the pipe normally ends too. If it does not,
// a child holds it, and that is given only so much time in which stdout is empty
// while its reader waits (see patience). Time in which the reader does not read
// never counts, so a slow one loses nothing.
type outlet struct {
	file  *rawio.File
	run   *run
	watch *connector.StderrWatch // nil for stdout
	done  chan struct{}          // closed once the reader was given the end
	ended bool
	// rest bounds what is still read once the writers were killed and some
	// writer lives on all the same: what can have been in the pipe then.
	rest int
}

func newOutlet(file *os.File, r *run, watch *connector.StderrWatch) *outlet {
	return &outlet{file: rawio.Of(file), run: r, watch: watch, done: make(chan struct{}), rest: pipeSize}
}

// Read reads what the command wrote; io.EOF once all has been read and no
// writer is left.
func (o *outlet) Read(p []byte) (int, error) {
	if o.ended {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := o.read(p)
	if o.watch != nil {
		o.watch.Show(p[:n])
	}
	if err != nil {
		o.ended = true
		close(o.done)
	}
	return n, err
}

// read reads until there is something, the end, or no patience left.
func (o *outlet) read(p []byte) (int, error) {
	for began := time.Now(); ; {
		before := o.run.arm(o, began)
		if before == killed && !o.mayGoOn(&p) {
			return o.cut()
		}
		n, err := o.readOnce(p)
		if before == killed {
			o.rest -= n
		}
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		now := o.run.phase()
		patience, bounded := o.patience(now)
		switch {
		case now == killed && before != killed:
			began = time.Now()
		case !bounded || time.Since(began) < patience:
		case now == killed:
			return o.cut()
		default:
			o.run.noteLeftOver()
			o.run.kill()
			began = time.Now()
		}
	}
}

// patience is how long the reader waits at an empty pipe in a phase, and
// whether there is a bound at all. While stdout goes on, a silent stderr means
// nothing; afterwards supervise looks after it.
func (o *outlet) patience(p phase) (time.Duration, bool) {
	drain := o.run.runtime.drain
	switch {
	case p == killed:
		return min(cutAfter, drain), true
	case p == draining && o.watch == nil:
		return drain, true
	}
	return 0, false
}

// cut ends the reading although some process that could not be reached still
// holds the other end.
func (o *outlet) cut() (int, error) {
	o.run.noteLeftOver()
	return 0, io.EOF
}

// mayGoOn tells whether there may be more to read after the kill, and shortens
// p to that.
func (o *outlet) mayGoOn(p *[]byte) bool {
	if !o.held() {
		return true // nobody writes any more: what is left has an end
	}
	*p = (*p)[:min(len(*p), o.rest)]
	return len(*p) > 0
}

// readOnce reads once. os.ErrDeadlineExceeded means that the pipe is truly
// empty: a deadline that passed makes a Read fail without looking at the pipe.
func (o *outlet) readOnce(p []byte) (int, error) {
	n, err := o.file.Read(p)
	if n == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		return o.readNow(p)
	}
	return n, err
}

// readNow reads what is in the pipe without waiting.
func (o *outlet) readNow(p []byte) (n int, err error) {
	fail := onDescriptor(o.file.File, func(fd uintptr) {
		for n, err = syscall.Read(int(fd), p); errors.Is(err, syscall.EINTR); {
			n, err = syscall.Read(int(fd), p)
		}
	})
	switch {
	case fail != nil:
		return 0, fail
	case errors.Is(err, syscall.EAGAIN):
		return 0, os.ErrDeadlineExceeded
	case err != nil:
		return 0, os.NewSyscallError("read", err)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// held tells whether some process still has the other end open.
func (o *outlet) held() bool {
	open := true
	err := onDescriptor(o.file.File, func(fd uintptr) {
		poll := []unix.PollFd{{Fd: int32(fd)}}
		_, err := unix.Poll(poll, 0)
		open = err != nil || poll[0].Revents&unix.POLLHUP == 0
	})
	return err == nil && open
}

// setDeadline sets until when a Read waits, from an instant on, in a phase.
func (o *outlet) setDeadline(from time.Time, p phase) {
	var until time.Time
	if patience, bounded := o.patience(p); bounded {
		until = from.Add(patience)
	}
	// It fails only if the pipe is closed, and then nobody waits.
	_ = o.file.SetReadDeadline(until)
}
