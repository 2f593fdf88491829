//go:build race

package rawio

import (
	"errors"
	"syscall"
)

// read and write are those of package syscall, which tell the race detector that
// what was written before a write is known to who has read it.

func read(fd uintptr, p []byte) (int, syscall.Errno) {
	n, err := syscall.Read(int(fd), p)
	return n, errnoOf(err)
}

func write(fd uintptr, p []byte) (int, syscall.Errno) {
	n, err := syscall.Write(int(fd), p)
	return n, errnoOf(err)
}

func errnoOf(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	var errno syscall.Errno
	errors.As(err, &errno)
	return errno
}
