package client

import (
	"context"
	"fmt"
	"time"

	"knelt.dev/bridge/wire"
)

// settleTime is how long Wait tries to tell the bridge that all is settled.
const settleTime = 2 * time.Second

// requests is what is to be said to the bridge beside the streams, and what of
// it was said on this connection. Guarded by run.mu.
type requests struct {
	terminate, terminated bool
	killAt                time.Time
	start                 *starting
	done, didDone         bool
	detach, didDetach     bool
	ping                  bool
	pongs                 []int64
}

// attached forgets what was said on an earlier connection.
func (q *requests) attached() {
	q.terminated, q.didDone, q.didDetach, q.ping, q.pongs = false, false, false, false, nil
	if q.start != nil {
		q.start.reset()
	}
}

// next gathers the frames to send now, at most one of them large. It is called
// by the connection's writer, with run.mu held. Nothing follows a DETACH.
func (r *Run) next(frames []wire.Frame) ([]wire.Frame, error) {
	q := &r.say
	if q.didDetach || q.didDone {
		return frames, nil
	}
	for _, offset := range q.pongs {
		frames = append(frames, wire.Frame{Type: wire.Pong, Offset: offset})
	}
	q.pongs = q.pongs[:0]
	frames, err := q.sayTerminate(frames)
	if err != nil {
		return nil, err
	}
	if q.detach {
		q.didDetach = true
		return append(r.stderr.sayRelease(frames), wire.Frame{Type: wire.Detach}), nil
	}
	if q.ping {
		q.ping = false
		frames = append(frames, wire.Frame{Type: wire.Ping})
	}
	return r.nextOfStreams(r.stderr.say(r.stdout.say(frames)))
}

func (r *Run) nextOfStreams(frames []wire.Frame) ([]wire.Frame, error) {
	q, before := &r.say, len(frames)
	if q.start != nil && !q.start.said {
		return q.start.say(frames)
	}
	if frames = r.stdin.say(frames); len(frames) == before && q.done {
		q.didDone = true
		frames = append(frames, wire.Frame{Type: wire.Done})
	}
	return frames, nil
}

func (q *requests) sayTerminate(frames []wire.Frame) ([]wire.Frame, error) {
	if !q.terminate || q.terminated {
		return frames, nil
	}
	q.terminated = true
	grace := max(0, time.Until(q.killAt))
	text, err := wire.Encode(wire.TerminatePayload{GraceMillis: grace.Milliseconds()})
	return append(frames, wire.Frame{Type: wire.Terminate, Payload: text}), err
}

// Done tells the bridge that all is settled (the exit is known and nothing of
// its outputs is needed again) so that it ends. A Resumable run needs it once
// its sync is over. An error means that the bridge was perhaps not told; it then
// ends when the lease does.
func (r *Run) Done(ctx context.Context) error {
	r.mu.Lock()
	r.say.done = true
	r.nudge()
	r.mu.Unlock()
	return r.leave(ctx, "DONE")
}

// Detach leaves the bridge to a successor. Nothing is lost: what was written is
// either accepted or will be produced again from the mark. From now on
// everything of the run answers ErrDetached. An error means that the bridge did
// not answer before ctx ended or the connection did; the relay has left all the
// same, and no goroutine of it remains.
func (r *Run) Detach(ctx context.Context) error {
	r.mu.Lock()
	r.say.detach = true
	r.nudge()
	r.mu.Unlock()
	r.fail(ErrDetached)
	return r.leave(ctx, "DETACH")
}

// leave waits until the connection has ended after the last frame was said.
func (r *Run) leave(ctx context.Context, frame string) error {
	stop := context.AfterFunc(ctx, r.hangUp)
	defer stop()
	<-r.ended
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.answered {
		return fmt.Errorf("leaving the bridge at %s: it did not answer %s", r.cfg.Addr, frame)
	}
	return nil
}
