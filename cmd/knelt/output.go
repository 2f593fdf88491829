package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
)

// output remembers the first write that failed, so that those who print need not
// look: one look at the end is enough. After a failure nothing more is written.
type output struct {
	w    io.Writer
	gone func()

	mu  sync.Mutex
	err error
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	if err != nil {
		o.err = err
		if o.gone != nil {
			o.gone()
		}
	}
	return n, err
}

// onFailure calls f at the first write that fails: for commands that do nothing
// but print.
func (o *output) onFailure(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gone = f
}

// broken tells whether a write has failed.
func (o *output) broken() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err != nil
}

// failure is why not everything was printed. A reader that has left, such as
// head, wanted no more: that is none.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil || errors.Is(o.err, syscall.EPIPE) {
		return nil
	}
	return fmt.Errorf("cannot write the output: %w", o.err)
}
