package client

import (
	"fmt"

	"knelt.dev/bridge/wire"
)

// State is what the bridge was when Attach returned: Start belongs to a waiting
// one, resuming to the others.
func (r *Run) State() wire.State { return r.attached.State }

// Resume gives the mark that a predecessor left (nil: none, all begins at 0),
// its snapshot, and up to where the bridge has accepted stdin. What is written to
// Stdin begins at the mark's offset; what the bridge has already is compared with
// what it accepted, and swallowed. A difference is a *MismatchError of Write or
// Close; then nothing of stdin is sent any more, but Terminate still works.
func (r *Run) Resume() (mark *wire.MarkPayload, snapshot []byte, accepted int64) {
	return r.attached.Mark, r.snapshot, r.attached.Stdin.Accepted
}

// ReadFrom sets the offset at which Stdout starts: the mark's Source for a
// source, its Stdout for a destination. It comes before the first Read; without
// it Stdout starts at the first byte that the bridge keeps. Errors: ErrNotKept.
func (r *Run) ReadFrom(offset int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.stdout.startAt(offset, r.attached.Stdout); err != nil {
		return fmt.Errorf("%s: %w", r, err)
	}
	return nil
}

// Position is the offset of the next byte that Stdout gives.
func (r *Run) Position() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stdout.position()
}

// ReleaseStdout tells the bridge that the bytes of stdout before an offset will
// not be asked for again, by any relay. It returns at once. Bytes that have not
// been read yet are not released.
func (r *Run) ReleaseStdout(offset int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if offset = min(offset, r.stdout.position()); offset > r.stdout.release {
		r.stdout.release = offset
		r.nudge()
	}
}
