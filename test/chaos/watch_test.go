package chaos

import (
	"context"
	"path/filepath"
	"time"
)

// watch looks all the time, while engines run and die, whether a checkpoint is
// ahead, until the function returned is called.
func (w *world) watch() (stop func()) {
	w.t.Helper()
	k, err := openKept(w.t.Context(), filepath.Join(w.home(), "state.db"), w.lake())
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
			looks, err := w.ahead(ctx, k)
			if err != nil && ctx.Err() == nil {
				w.t.Errorf("seen while everything ran: %v", err)
				return
			}
			w.count.looks += looks
		}
	}()
	return func() {
		cancel()
		<-done
		if err := k.close(); err != nil {
			w.t.Error(err)
		}
	}
}
