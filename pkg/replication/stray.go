package replication

import (
	"errors"
	"fmt"
)

// strays tells whether an error means that a side is no longer this relay's, or
// out of its reach, and acts on it. Other errors are the connector's.
func (r *Relay) strays(who Origin, err error) bool {
	if r.marks == nil || err == nil {
		return false
	}
	if stopped := (*stoppedReading)(nil); errors.As(err, &stopped) {
		err = stopped.err
	}
	run := r.marks.source
	if who == Destination {
		run = r.marks.destination
	}
	switch {
	case r.left():
	case run.Superseded(err):
		r.forsake(fmt.Sprintf("the %s obeys a newer relay of this sync: this one has stopped", who))
	case run.Lost(err):
		r.halt(cause{lostKinds[who], fmt.Sprintf("the %s was lost: %v", who, err)})
		if who == Destination {
			r.endSource()
		}
	case r.marks.destination.Mismatched(err):
		r.refuse(err)
	default:
		return false
	}
	return true
}

var lostKinds = map[Origin]causeKind{Source: lostSource, Destination: lostDestination}

// refuse ends an attempt that cannot be gone on with. Both sides are ended: no
// byte of another relay's making must get between what was sent.
func (r *Relay) refuse(err error) {
	r.halt(cause{unresumable, fmt.Sprintf("the attempt cannot be resumed, the next one starts from the checkpoint: %v", err)})
	r.catchUp.stop()
	r.source.Terminate(r.cfg.Limits.Grace)
	r.destination.Terminate(r.cfg.Limits.Grace)
}

// takeOver begins where the predecessor has stopped.
func (r *Relay) takeOver(from *Resume) {
	err := r.begin(from)
	switch {
	case err == nil:
	case r.strays(Source, err) || r.strays(Destination, err):
		return
	default:
		r.refuse(err)
		return
	}
	why := r.why() // the predecessor's: what it asked for may not have arrived
	if r.left() {
		return // before it began
	}
	if why.ends(Source) || why.kind == drained {
		r.source.Terminate(r.cfg.Limits.Grace)
	}
	if why.ends(Destination) {
		r.destination.Terminate(r.cfg.Limits.Grace)
	}
}

func (r *Relay) begin(from *Resume) error {
	if r.marks == nil {
		return errNotResumable
	}
	if from.Snapshot != nil && from.Version != OutputVersion {
		return fmt.Errorf("the mark is of a relay whose output has version %d, and this one's has %d", from.Version, OutputVersion)
	}
	if err := r.resume(from); err != nil {
		return fmt.Errorf("the mark's snapshot cannot be used: %w", err)
	}
	if err := r.marks.source.ReadFrom(from.Source); err != nil {
		return err
	}
	return r.marks.destination.ReadFrom(from.Stdout)
}
