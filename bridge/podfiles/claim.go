package podfiles

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// ErrRestarted is Claim's error when the sidecar has run here before: what it
// had buffered is lost, and so is the pod.
var ErrRestarted = errors.New("the sidecar was restarted: what it held in memory is lost")

// ErrGone tells a launcher that the sidecar has been here and is no more.
var ErrGone = errors.New("the sidecar ended before the connector's container came: its own log tells why")

func (d Dir) started() string { return d.path("sidecar.started") }

// Claim is a sidecar's first act: it marks the directory, making it if needed,
// as a sidecar's. The mark is locked until it is closed, at the latest by the
// process's end: so a launcher that comes later can tell that its sidecar is
// gone. ErrRestarted tells that an earlier one was here; the caller must then
// not Appear, so that the launcher ends the connector.
func (d Dir) Claim() (*os.File, error) {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return nil, fmt.Errorf("making the pod's directory: %w", err)
	}
	// It is locked before it has its name: nobody sees it without its lock.
	unnamed := d.started() + ".new"
	f, err := os.OpenFile(unnamed, os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		err = name(f, d.started())
		err = errors.Join(err, os.Remove(unnamed))
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, errors.Join(ErrRestarted, f.Close())
	case err != nil:
		_ = f.Close() // a nil one, too: nothing was written
		return nil, fmt.Errorf("marking the pod's directory (it must be a volume that the sidecar may write): %w", err)
	}
	return f, nil
}

// name locks a file and gives it a name that must not exist.
func name(f *os.File, path string) error {
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("locking %s: %w", f.Name(), err)
	}
	return os.Link(f.Name(), path)
}

// gone tells whether the sidecar was here and is no more. A launcher leaves no
// such trace.
func (d Dir) gone(side Side) error {
	if side != Sidecar {
		return nil
	}
	f, err := os.Open(d.started())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	err = unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil
	case err != nil:
		return fmt.Errorf("looking whether the sidecar lives: %w", err)
	}
	return ErrGone
}
