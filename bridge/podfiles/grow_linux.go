package podfiles

import (
	"errors"

	"golang.org/x/sys/unix"
)

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
