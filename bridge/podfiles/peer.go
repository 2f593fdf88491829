package podfiles

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lookAgain is how long Await lets pass between two looks. A FIFO that nobody
// has opened yet cannot be waited for: for a reader it is at its end.
const lookAgain = 20 * time.Millisecond

// Peer is the other side.
type Peer struct{ file *os.File }

// Await waits until side has appeared. One process at a time may do so: bells
// are heard once. The error is ctx's cause if it does not come.
func (d Dir) Await(ctx context.Context, side Side) (*Peer, error) {
	for {
		p, err := d.look(side)
		if p != nil || err != nil {
			return p, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the %s at %s: %w", side, side.path(d), context.Cause(ctx))
		case <-time.After(lookAgain):
		}
	}
}

// look gives the side if it has appeared, else nil.
func (d Dir) look(side Side) (*Peer, error) {
	file, err := os.OpenFile(side.path(d), os.O_RDONLY|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the %s's sign of life: %w", side, err)
	}
	p := &Peer{file: file}
	bell, err := p.read()
	switch {
	case err == nil && bell == Here:
		return p, nil
	case err == nil:
		err = fmt.Errorf("the %s's sign of life begins with %q, not %q: another process has watched it before", side, bell, Here)
	case errors.Is(err, io.EOF):
		err = nil // its owner has not come yet
	}
	return nil, errors.Join(err, file.Close())
}

// Next waits for the next bell. io.EOF tells that the other side is gone: its
// process ended or closed its Presence, or another process took its place.
// os.ErrClosed follows Close.
func (p *Peer) Next() (Bell, error) {
	bell, err := p.read()
	if bell == Here {
		return 0, io.EOF
	}
	return bell, err
}

func (p *Peer) read() (Bell, error) {
	var b [1]byte
	if _, err := p.file.Read(b[:]); errors.Is(err, io.EOF) {
		return 0, io.EOF
	} else if err != nil {
		return 0, fmt.Errorf("watching the other side: %w", err)
	}
	return Bell(b[0]), nil
}

// Close ends the watching, also a Next that waits.
func (p *Peer) Close() error { return p.file.Close() }
