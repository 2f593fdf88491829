package client

import (
	"fmt"

	"knelt.dev/bridge/wire"
)

// replay compares what a successor writes with what the bridge has accepted
// from its predecessor: from the mark's offset to accepted.
type replay struct {
	from, to int64
	want     string // as ATTACHED says
	hash     wire.Sum
	ended    bool // the predecessor has also sent the end of file at to
}

func newReplay(from, to int64, want string, ended bool) *replay {
	return &replay{from: from, to: to, want: want, hash: wire.NewSum(), ended: ended}
}

func (r *replay) mismatch(reason string) error {
	return &MismatchError{From: r.from, To: r.to, Reason: reason}
}

// verdict compares, once all bytes were hashed.
func (r *replay) verdict() error {
	if got := r.hash.Text(); got != r.want {
		return r.mismatch(fmt.Sprintf("their hash is %s, the bridge has %s", got, r.want))
	}
	return nil
}

// swallow takes the part of p that the bridge has already, and tells how much
// that is. Only the last byte of it brings the verdict.
func (in *inlet) swallow(p []byte) (int, error) {
	in.run.mu.Lock()
	replay, at, err := in.replay, in.written, in.failure()
	in.run.mu.Unlock()
	if err != nil || replay == nil {
		return 0, err
	}
	n := min(int64(len(p)), replay.to-at)
	_, _ = replay.hash.Write(p[:n]) // a hash never fails
	if at+n == replay.to && int64(len(p)) > n && replay.ended {
		err = replay.mismatch("the bridge has had the end of file there")
	} else if at+n == replay.to {
		err = replay.verdict()
	}
	return int(n), in.swallowed(n, err)
}

// swallowed counts what was swallowed and ends the replay where it is over.
func (in *inlet) swallowed(n int64, err error) error {
	in.run.mu.Lock()
	defer in.run.mu.Unlock()
	in.written += n
	switch {
	case err != nil:
		in.err = err
	case in.written == in.replay.to && !in.replay.ended:
		in.replay = nil
	}
	return err
}
