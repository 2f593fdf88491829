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
const lookAgain = 10 * time.Millisecond

// Peer is the other side.
type Peer struct {
	file *os.File
	side Side
	dir  Dir
}

// Watch begins to watch side, whose FIFO must exist. From now on nothing that it
// rings is lost, even if it comes and goes before anybody looks; so a sidecar
// watches the launcher before it appears itself. One process at a time may watch
// a side: bells are heard once.
func (d Dir) Watch(side Side) (*Peer, error) {
	file, err := os.OpenFile(side.path(d), os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("watching for the %s: %w", side, err)
	}
	return &Peer{file: file, side: side, dir: d}, nil
}

// Await waits until side's FIFO is there and side has appeared. The error is
// ctx's cause if it does not come, ErrGone if it has come and gone.
func (d Dir) Await(ctx context.Context, side Side) (*Peer, error) {
	for {
		p, err := d.Watch(side)
		if err == nil {
			if err = p.Await(ctx); err != nil {
				return nil, errors.Join(err, p.Close())
			}
			return p, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err := d.pause(ctx, side); err != nil {
			return nil, fmt.Errorf("waiting for the %s (there is no %s): %w", side, side.path(d), err)
		}
	}
}

// Await waits until the watched side has appeared. The error is ctx's cause if it
// does not come.
func (p *Peer) Await(ctx context.Context) error {
	for {
		bell, err := p.read()
		switch {
		case err == nil && bell == Here:
			return nil
		case err == nil:
			return fmt.Errorf("the %s's first bell is %q and not %q: another process has watched it before", p.side, bell, Here)
		case !errors.Is(err, io.EOF):
			return err
		}
		if err := p.dir.pause(ctx, p.side); err != nil {
			return fmt.Errorf("waiting for the %s: %w", p.side, err)
		}
	}
}

// pause lets a little time pass, unless ctx ends first, or there is no hope that
// side will come: ErrGone.
func (d Dir) pause(ctx context.Context, side Side) error {
	if err := d.gone(side); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(lookAgain):
		return nil
	}
}

// Next waits for the next bell, after Await. io.EOF tells that the other side is gone: its
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
		return 0, fmt.Errorf("watching the %s: %w", p.side, err)
	}
	return Bell(b[0]), nil
}

// Close ends the watching, also a Next that waits.
func (p *Peer) Close() error { return p.file.Close() }
