package client

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"knelt.dev/bridge/wire"
)

const (
	// pingAfter is how long a connection may be silent before a PING; after
	// silentTicks of them it is dead.
	pingAfter   = 5 * time.Second
	silentTicks = 3
)

var (
	// errSilent is the end of a half-open connection.
	errSilent = errors.New("the connection was silent for 15 s")
	// errLeft is the end that this relay wanted.
	errLeft = errors.New("the relay has left")
)

// link is one connection to the bridge, from ATTACHED to its end. One goroutine
// reads and one writes.
type link struct {
	run  *Run
	raw  *counted // what is closed to end all
	r    *wire.Reader
	w    *wire.Writer
	wake chan struct{} // cap 1: there may be something to say
	stop chan struct{} // closed when reading has ended
	// frames is what the writer gathers, kept to be used again.
	frames []wire.Frame

	watchdog *time.Timer
	fruitful bool  // something came behind ATTACHED
	heard    int64 // by the watchdog
	silence  int
	silent   atomic.Bool
}

// counted counts the bytes that come, as signs of life: on a slow network one
// frame may take long.
type counted struct {
	net.Conn
	read atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

func newLink(r *Run, raw *counted, reader *wire.Reader, writer *wire.Writer) *link {
	l := &link{run: r, raw: raw, r: reader, w: writer, wake: make(chan struct{}, 1), stop: make(chan struct{}), frames: make([]wire.Frame, 0, 16)}
	reader.Into(wire.Stdout, l.place)
	return l
}

// place gives the room for a DATA frame of stdout. An error is a verdict.
func (l *link) place(f wire.Frame, length int) (first, second []byte, err error) {
	if first, second, err = l.run.stdout.place(f, length); err != nil {
		err = l.broken(err)
	}
	return first, second, err
}

func (l *link) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// close ends the connection from any goroutine. What is in flight is sent again
// on the next, so nothing is said in parting.
func (l *link) close() { _ = l.raw.Close() }

// serve moves frames until the connection ends, and tells why it did.
func (l *link) serve() error {
	l.heard = l.raw.read.Load()
	l.watchdog = time.AfterFunc(pingAfter, l.watch)
	written := make(chan error, 1)
	go func() {
		err := l.write()
		l.close()
		written <- err
	}()
	l.nudge()
	err := l.read()
	l.watchdog.Stop()
	l.close()
	close(l.stop)
	err = l.cause(err, <-written)
	l.r.Close()
	l.w.Close()
	return err
}

// cause chooses between the ends of reading and writing.
func (l *link) cause(read, write error) error {
	var format *wire.FormatError
	switch {
	case isVerdict(read):
		return read
	case errors.As(write, &format):
		return l.broken(write)
	case l.silent.Load():
		return errSilent
	}
	return errors.Join(read, write)
}

// watch looks after the other end. It counts ticks rather than time, so that a
// relay that was frozen does not take its own absence for the bridge's.
func (l *link) watch() {
	if heard := l.raw.read.Load(); heard != l.heard {
		l.heard, l.silence = heard, 0
		l.watchdog.Reset(pingAfter)
		return
	}
	if l.silence++; l.silence >= silentTicks {
		l.silent.Store(true)
		l.close()
		return
	}
	l.run.mu.Lock()
	l.run.say.ping = true
	l.nudge()
	l.run.mu.Unlock()
	l.watchdog.Reset(pingAfter)
}

// write says what there is to say, and waits for more.
func (l *link) write() error {
	for {
		said, err := l.writeSome()
		if err != nil {
			return err
		}
		if said {
			continue
		}
		if err := l.w.Flush(); err != nil {
			return err
		}
		select {
		case <-l.wake:
		case <-l.stop:
			return nil
		}
	}
}

// writeSome gathers frames with the lock and copies them without.
func (l *link) writeSome() (bool, error) {
	l.run.mu.Lock()
	frames, err := l.run.next(l.frames[:0])
	l.run.mu.Unlock()
	if err != nil {
		return false, err
	}
	l.frames = frames
	for _, f := range frames {
		if err := l.w.Write(f); err != nil {
			return false, err
		}
	}
	return len(frames) > 0, nil
}

// read takes frames until the connection ends.
func (l *link) read() error {
	for {
		f, err := l.r.Next()
		if err != nil {
			return l.ending(err)
		}
		l.fruitful = true
		if !f.SentBy(wire.Bridge) {
			return l.broken(fmt.Errorf("it sends %s of %s", f.Type, f.Stream))
		}
		if err := l.run.take(f); err != nil {
			if isVerdict(err) {
				return err
			}
			return l.broken(err)
		}
	}
}

// ending explains the end of reading.
func (l *link) ending(err error) error {
	var format *wire.FormatError
	switch {
	case isVerdict(err):
		return err
	case errors.As(err, &format):
		return l.broken(err)
	}
	l.run.mu.Lock()
	defer l.run.mu.Unlock()
	if l.run.say.didDone && errors.Is(err, io.EOF) {
		l.run.answered = true
		return errLeft
	}
	return err
}

func (l *link) broken(err error) error { return &ProtocolError{Addr: l.run.cfg.Addr, Err: err} }

// isVerdict tells that dialing again would not help.
func isVerdict(err error) bool {
	var refused *RefusedError
	var protocol *ProtocolError
	return errors.As(err, &refused) || errors.As(err, &protocol) || errors.Is(err, errLeft) || errors.Is(err, ErrPodLost)
}
