package podfiles

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Side is one of the two processes that meet.
type Side string

// The two sides.
const (
	Sidecar  Side = "sidecar"
	Launcher Side = "launcher"
)

func (s Side) path(d Dir) string { return d.path(string(s) + ".alive") }

// Bell is a byte in a side's alive FIFO: something to look at.
type Bell byte

// The bells.
const (
	// Here is each side's first: it is there.
	Here Bell = 'h'
	// Look is the sidecar's: start.json or terminate is new.
	Look Bell = 'l'
	// Started is the launcher's: the connector has the streams, and nobody
	// else has its ends of them.
	Started Bell = 's'
	// Exited is the launcher's: exit.json is there. It comes without Started
	// if the connector could not be started.
	Exited Bell = 'x'
)

// Presence is this process as the other side sees it. It ends with Close, or
// with the process, however that ends.
type Presence struct{ file *os.File }

// Appear makes side, this process, visible. The FIFO must exist.
//
// It is opened for reading, too: so the opening waits for nobody, and bells that
// are rung before the other side comes are kept. No child inherits it.
func (d Dir) Appear(side Side) (*Presence, error) {
	file, err := os.OpenFile(side.path(d), os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("opening the %s's sign of life: %w", side, err)
	}
	p := &Presence{file: file}
	if err := p.Ring(Here); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return p, nil
}

// Ring rings a bell. It never waits: if the other side is frozen and the FIFO
// full of bells, it will look anyway when it wakes up.
func (p *Presence) Ring(b Bell) error {
	raw, err := p.file.SyscallConn()
	if err != nil {
		return fmt.Errorf("ringing for the other side: %w", err)
	}
	var fail error
	err = raw.Control(func(fd uintptr) {
		for fail = unix.EINTR; errors.Is(fail, unix.EINTR); {
			_, fail = unix.Write(int(fd), []byte{byte(b)})
		}
	})
	if errors.Is(fail, unix.EAGAIN) {
		fail = nil
	}
	if err = errors.Join(err, fail); err != nil {
		return fmt.Errorf("ringing for the other side: %w", err)
	}
	return nil
}

// Close makes this process invisible.
func (p *Presence) Close() error { return p.file.Close() }
