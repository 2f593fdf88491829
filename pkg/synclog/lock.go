package synclog

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lock marks dir as being written, for as long as the file stays open. The
// kernel ends the mark with its process, so it tells a live log from one whose
// writer was killed.
func lock(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	// Readers take the lock for an instant to see whether anybody writes.
	for range 50 {
		if err = flock(f); err == nil {
			return f, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	_ = f.Close() // opened for reading only: nothing can be lost
	return nil, fmt.Errorf("sync log %s is being written by another process: %w", dir, err)
}

// written tells whether a writer has dir open.
func written(dir string) bool {
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // opened for reading only
	return errors.Is(flock(f), syscall.EWOULDBLOCK)
}

func flock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
