package sidecar

import (
	"time"

	"knelt.dev/bridge/podfiles"
	"knelt.dev/bridge/wire"
)

// apply does what a frame says, whole, if its session is still the one that is
// obeyed. A *wire.FormatError is the relay's fault; another error means that the
// session is over.
func (b *Sidecar) apply(s *session, f wire.Frame) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current.Load() != s {
		return errReplaced
	}
	if !f.SentBy(wire.Relay) {
		return breach("%s of %s from a relay", f.Type, f.Stream)
	}
	switch f.Type {
	case wire.Data, wire.End, wire.Mark, wire.MarkEnd:
		return b.input(s, f)
	case wire.Credit:
		return s.credit(f)
	case wire.Release:
		return s.release(f)
	case wire.Start, wire.File:
		return b.start(s, f)
	case wire.Ping:
		return s.queue(wire.Frame{Type: wire.Pong, Offset: f.Offset})
	case wire.Pong:
		return nil
	case wire.Attach:
		return breach("a second ATTACH")
	}
	return b.endings(s, f)
}

// input takes what concerns stdin.
func (b *Sidecar) input(s *session, f wire.Frame) error {
	switch f.Type {
	case wire.Data:
		return b.accept(s.take(f))
	case wire.End:
		return b.in.end(f.Offset)
	}
	if s.mark == nil {
		s.mark = &mark{}
	}
	accepted := b.in.state().accepted
	if f.Type == wire.Mark {
		return s.mark.add(f, accepted)
	}
	if err := s.mark.finish(f, accepted); err != nil {
		return err
	}
	b.mark, s.mark = s.mark, nil
	b.hash.Reset()
	return s.queue(wire.Frame{Type: wire.Marked, Offset: f.Offset})
}

// accept takes a DATA of stdin, in pieces that are in their place.
func (b *Sidecar) accept(offset int64, pieces [2][]byte) error {
	if err := b.in.accept(offset, len(pieces[0])+len(pieces[1])); err != nil {
		return err
	}
	for _, p := range pieces {
		_, _ = b.hash.Write(p) // a hash never fails
	}
	return nil
}

// start takes START and its files, and starts the connector when all are there.
func (b *Sidecar) start(s *session, f wire.Frame) error {
	whole, err := b.receiveFiles(s, f)
	if err != nil || !whole {
		return b.fatal(err)
	}
	start := s.starting.start
	s.starting = nil
	if err := b.c.Dir.WriteStart(start); err != nil {
		return b.fatal(err)
	}
	b.state = wire.Running
	b.c.Log.Info("starting the connector", "command", start.Command)
	return b.fatal(b.alive.Ring(podfiles.Look))
}

func (b *Sidecar) receiveFiles(s *session, f wire.Frame) (whole bool, err error) {
	switch {
	case f.Type == wire.File && s.starting == nil:
		return false, breach("FILE, but no file is expected")
	case f.Type == wire.File:
		return s.starting.add(f)
	case b.state != wire.Waiting || s.starting != nil:
		return false, breach("START, but the connector was started already")
	}
	var p wire.StartPayload
	if err := wire.Decode(f, &p); err != nil {
		return false, err
	}
	if s.starting, err = newStarting(b.c.Dir, p); err != nil {
		return false, err
	}
	return s.starting.open()
}

// endings takes what ends something.
func (b *Sidecar) endings(s *session, f wire.Frame) error {
	switch f.Type {
	case wire.Terminate:
		return b.takeTerminate(f)
	case wire.Done:
		if b.state != wire.Exited {
			return breach("DONE, but the connector has not ended")
		}
		b.current.Store(nil)
		s.finish(0, nil)
		go b.end(nil) // it takes mu, which is held here
		return errLast
	default: // DETACH
		b.current.Store(nil)
		b.detached = time.Now()
		s.finish(wire.Detached, nil)
		return errLast
	}
}

func (b *Sidecar) takeTerminate(f wire.Frame) error {
	var p wire.TerminatePayload
	if err := wire.Decode(f, &p); err != nil {
		return err
	}
	if p.GraceMillis < 0 {
		return breach("TERMINATE with a negative grace")
	}
	if b.state == wire.Waiting {
		go b.end(nil) // it takes mu, which is held here
		return errEnded
	}
	b.told = true
	return b.fatal(b.ask(time.Duration(p.GraceMillis) * time.Millisecond))
}
