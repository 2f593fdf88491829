package podfiles

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Child is the connector's ends of its streams as plain descriptors: 0, 1 and 2
// of the process to start. They block, as programs expect, and are closed on exec.
type Child struct{ FDs [3]int }

// OpenChild opens the connector's ends, which the launcher does once start.json
// is there: by then the sidecar has its own open. If it has not, or is gone, this
// is an error and not a wait.
func (d Dir) OpenChild() (*Child, error) {
	c := &Child{FDs: [3]int{-1, -1, -1}}
	for i, end := range []struct {
		path string
		flag int
	}{{d.Stdin(), unix.O_RDONLY}, {d.Stdout(), unix.O_WRONLY}, {d.Stderr(), unix.O_WRONLY}} {
		fd, err := openChildEnd(end.path, end.flag)
		if err != nil {
			c.Close()
			return nil, err
		}
		c.FDs[i] = fd
	}
	return c, nil
}

func openChildEnd(path string, flag int) (int, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path, flag|unix.O_NONBLOCK|unix.O_CLOEXEC, 0) })
	if errors.Is(err, unix.ENXIO) {
		return -1, fmt.Errorf("opening %s: the sidecar does not read it; it has ended or was restarted", path)
	}
	if err != nil {
		return -1, fmt.Errorf("opening %s: %w", path, err)
	}
	err = grow(fd)
	if err == nil {
		err = unix.SetNonblock(fd, false)
	}
	if err != nil {
		return -1, errors.Join(fmt.Errorf("setting up %s: %w", path, err), unix.Close(fd))
	}
	return fd, nil
}

// grow gives a FIFO the largest capacity up to PipeSize that this user may have.
func grow(fd int) error {
	for size := PipeSize; size >= unix.Getpagesize(); size /= 2 {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, size)
		// EBUSY: more than that is in it already.
		if err == nil || errors.Is(err, unix.EBUSY) {
			return nil
		}
		if !errors.Is(err, unix.EPERM) {
			return err
		}
	}
	return nil // not even a page more: it stays as it is
}

// Close closes the descriptors; it may be called again.
func (c *Child) Close() {
	for i, fd := range c.FDs {
		if fd >= 0 {
			_ = unix.Close(fd) // nothing is buffered that could be lost
			c.FDs[i] = -1
		}
	}
}

// retry repeats a system call that a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
