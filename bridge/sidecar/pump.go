package sidecar

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// pump moves an output of the connector into its window, straight from the FIFO
// into the window's memory.
type pump struct {
	from   output
	into   *window
	show   func([]byte) // sees all bytes; nil: nobody does
	linger time.Duration
	// exited: the connector has ended, so whoever still holds the FIFO gets
	// only linger between two reads.
	exited atomic.Bool
	quit   <-chan struct{}
}

// pause is how long a connector that is ahead of its relay waits for each piece of
// its output to be read: one that writes less than 50 MB/s never notices, and a
// quicker one still fills the window while the relay is away.
const pause = 5 * time.Millisecond

// output is the end of a FIFO that the sidecar reads.
type output interface {
	io.Reader
	Name() string
	SetReadDeadline(t time.Time) error
}

// run returns when the output has ended or quit is closed. An error means that
// bytes may be missing.
func (p *pump) run() error {
	defer p.into.end()
	for {
		p.follow()
		space := p.into.space()
		if space == nil {
			select {
			case <-p.into.room:
				continue
			case <-p.quit:
				return nil
			}
		}
		n, more, err := p.read(space)
		if n > 0 {
			if p.show != nil {
				p.show(space[:n])
			}
			p.into.publish(n)
		}
		if !more {
			return err
		}
	}
}

// follow waits a while for a relay that is behind.
func (p *pump) follow() {
	if !p.into.ahead() {
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for p.into.ahead() {
		select {
		case <-p.into.moved:
		case <-timer.C:
			return
		case <-p.quit:
			return
		}
	}
}

// read reads once. More is false at the end of file, and when a left-over writer
// was silent for linger after the exit.
func (p *pump) read(space []byte) (n int, more bool, err error) {
	late, began := p.exited.Load(), time.Now()
	if late {
		if err := p.from.SetReadDeadline(began.Add(p.linger)); err != nil {
			return 0, false, err
		}
	}
	n, err = p.from.Read(space)
	switch {
	case err == nil:
		return n, true, nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, !late || time.Since(began) < p.linger, nil
	case errors.Is(err, io.EOF):
		return n, false, nil
	}
	return n, false, err
}

// connectorExited bounds how long the pump waits for those who outlived it.
func (p *pump) connectorExited() error {
	p.exited.Store(true)
	return p.from.SetReadDeadline(time.Now()) // wakes a read; the next has linger
}
