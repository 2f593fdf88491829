package client

import (
	"errors"
	"fmt"

	"knelt.dev/bridge/wire"
)

// take acts on a frame of the bridge. An error ends the connection.
func (r *Run) take(f wire.Frame) error {
	switch {
	case f.Type == wire.Data && f.Stream == wire.Stdout:
		r.stdout.placed()
		return nil
	case f.Type == wire.Data:
		return r.stderr.take(f)
	}
	confirmed, err := r.takeControl(f)
	if err == nil {
		r.tell(confirmed)
	}
	return err
}

func (r *Run) outlet(s wire.Stream) *outlet {
	if s == wire.Stdout {
		return r.stdout
	}
	return r.stderr
}

// takeControl acts on all but DATA; it returns the marks that are remembered.
func (r *Run) takeControl(f wire.Frame) ([]wire.MarkPayload, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch f.Type {
	case wire.End:
		if f.Stream == wire.Stdin {
			r.stdin.hangUp()
			return nil, nil
		}
		return nil, r.outlet(f.Stream).finish(f.Offset)
	case wire.Credit:
		defer r.nudge()
		return nil, r.stdin.granted(f.Offset)
	case wire.Marked:
		return r.stdin.marked(f.Offset)
	case wire.Launched:
		r.launched = true
		r.changed.Broadcast()
		return nil, nil
	case wire.Exit:
		return nil, r.takeExit(f)
	case wire.Ping:
		r.say.pongs = append(r.say.pongs, f.Offset)
		r.nudge()
		return nil, nil
	case wire.Pong:
		if f.Offset == startPing && r.say.start != nil {
			r.say.start.taken()
			r.changed.Broadcast()
		}
		return nil, nil
	case wire.Detached:
		r.answered = true
		return nil, errLeft
	case wire.Refused:
		return nil, r.refused(f)
	}
	return nil, fmt.Errorf("it sends %s to a relay that is attached", f.Type)
}

// takeExit keeps how the connector ended.
func (r *Run) takeExit(f wire.Frame) error {
	var exit wire.ExitPayload
	if err := wire.Decode(f, &exit); err != nil {
		return err
	}
	if r.stdout.received != r.stdout.end || r.stderr.received != r.stderr.end {
		return fmt.Errorf("it sends EXIT before the END of both outputs")
	}
	if exit.Signal == wire.SignalLost {
		return r.takeLost()
	}
	r.hasExit(&exit)
	return nil
}

// hasExit makes how the connector ended known; with mu held.
func (r *Run) hasExit(exit *wire.ExitPayload) {
	r.exit = exit
	r.stdin.hangUp()
	r.changed.Broadcast()
}

// takeLost has somebody else tell how a connector ended whose launcher was
// killed, if there is somebody. The connection stays meanwhile.
func (r *Run) takeLost() error {
	unknown := r.lost("the connector's container ended without telling how: its launcher was killed", nil)
	if r.cfg.Autopsy == nil {
		return unknown
	}
	if r.examined {
		return nil // a bridge tells an exit to each connection
	}
	r.examined = true
	go r.examine(unknown)
	return nil
}

func (r *Run) examine(unknown error) {
	exit, err := r.cfg.Autopsy(r.ctx)
	if err != nil {
		r.Lose(errors.Join(unknown, err))
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hasExit(&wire.ExitPayload{
		Code: exit.Code, Signal: exit.Signal, OOM: exit.OOM, Terminated: exit.Terminated,
		LeftOver: exit.LeftOver, Reason: exit.Reason, StderrTail: exit.StderrTail,
	})
}

func (r *Run) refused(f wire.Frame) error {
	e := &RefusedError{Addr: r.cfg.Addr}
	if err := wire.Decode(f, &e.RefusedPayload); err != nil {
		return err
	}
	return e
}

// tell tells the user of the run of marks, without the lock.
func (r *Run) tell(marks []wire.MarkPayload) {
	if len(marks) == 0 {
		return
	}
	r.mu.Lock()
	call := r.onMarked
	r.mu.Unlock()
	if call == nil {
		return
	}
	for _, m := range marks {
		call(m)
	}
}
