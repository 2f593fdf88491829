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
