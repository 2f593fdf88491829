package client

import (
	"context"
	"errors"
	"fmt"

	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/connector"
)

// startPing is the offset of the PING behind a START.
const startPing = 1

// starting is a START on its way.
type starting struct {
	payload wire.StartPayload
	files   [][]byte

	// What was said on this connection.
	began, said bool
	file        int // the one that is being sent
	offset      int // how much of it was

	done bool // the bridge has taken it
}

func newStarting(inv connector.Invocation, env map[string]string) *starting {
	s := &starting{payload: wire.StartPayload{Command: string(inv.Command), Env: env, Files: []wire.FilePayload{}}}
	for _, f := range []struct {
		name    string
		content []byte
	}{{"config.json", inv.Config}, {"catalog.json", inv.Catalog}, {"state.json", inv.State}} {
		if f.content != nil {
			s.payload.Files = append(s.payload.Files, wire.FilePayload{Name: f.name, Size: int64(len(f.content))})
			s.files = append(s.files, f.content)
		}
	}
	return s
}

// fits tells whether the START fits into a frame.
func (s *starting) fits() error {
	if _, err := wire.Encode(s.payload); err != nil {
		return fmt.Errorf("the connector's environment cannot be sent: %w", err)
	}
	return nil
}

func (s *starting) reset() { s.began, s.said, s.file, s.offset = s.done, s.done, 0, 0 }

// say adds the next frame of the START: itself, a piece of a file, or the PING
// whose answer tells that it was taken.
func (s *starting) say(frames []wire.Frame) ([]wire.Frame, error) {
	if !s.began {
		s.began = true
		text, err := wire.Encode(s.payload)
		return append(frames, wire.Frame{Type: wire.Start, Payload: text}), err
	}
	for s.file < len(s.files) && s.offset == len(s.files[s.file]) {
		s.file, s.offset = s.file+1, 0
	}
	if s.file == len(s.files) {
		s.said = true
		return append(frames, wire.Frame{Type: wire.Ping, Offset: startPing}), nil
	}
	rest := s.files[s.file][s.offset:]
	f := wire.Frame{Type: wire.File, Offset: int64(s.offset), Payload: rest[:min(len(rest), wire.BestPayload)]}
	s.offset += len(f.Payload)
	return append(frames, f), nil
}

// taken notes that the bridge has the START and its files.
func (s *starting) taken() { s.done, s.files = true, nil }

// Start sends the command and its files to a bridge that waits for them, and
// returns once it has taken them; that the program cannot be run is then told by
// its exit. If ctx ends first the connector may start all the same: Terminate it.
func (r *Run) Start(ctx context.Context, inv connector.Invocation) error {
	defer r.wakeAfter(ctx)()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.say.start != nil || r.attached.State != wire.Waiting {
		return fmt.Errorf("starting %s: the connector of %s has been started already", inv.Command, r)
	}
	s := newStarting(inv, r.cfg.Env)
	if err := s.fits(); err != nil {
		return fmt.Errorf("starting %s: %w", inv.Command, err)
	}
	r.say.start, r.stdout.wanted, r.stderr.wanted = s, true, true
	r.nudge()
	for !s.done && r.err == nil && ctx.Err() == nil {
		r.changed.Wait()
	}
	switch {
	case s.done:
		return nil
	case r.err != nil:
		return fmt.Errorf("starting %s: %w", inv.Command, r.err)
	}
	return errors.Join(fmt.Errorf("starting %s: %s has not taken it in time", inv.Command, r), context.Cause(ctx))
}

// Launched waits behind Start until the connector runs. An *UnlaunchedError tells
// that it cannot; other errors are those of the run, and ctx's.
func (r *Run) Launched(ctx context.Context) error {
	defer r.wakeAfter(ctx)()
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.launched && r.exit == nil && r.err == nil && ctx.Err() == nil {
		r.changed.Wait()
	}
	switch {
	case r.launched:
		return nil
	case r.exit != nil:
		return &UnlaunchedError{exitOf(r.exit)}
	case r.err != nil:
		return r.err
	}
	return fmt.Errorf("waiting for the connector of %s: %w", r, context.Cause(ctx))
}

// wakeAfter has those look again who wait for a change, when ctx ends.
func (r *Run) wakeAfter(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.changed.Broadcast()
	})
}
