package sidecar

import (
	"net"
	"time"

	"knelt.dev/bridge/wire"
)

// grantStep is how much credit of stdin must have grown to be worth a frame,
// unless the relay may be waiting for it.
const grantStep = inletSize / 8

// send sends until the session ends. A nil error: the last frame was sent.
func (s *session) send() error {
	if err := s.sendWelcome(); err != nil {
		return err
	}
	for {
		sent, last, err := s.round()
		switch {
		case err != nil:
			return err
		case last:
			if err := s.w.Flush(); err != nil {
				return err
			}
			return s.hangUp()
		case sent:
			s.lastSent = time.Time{}
			continue
		}
		if err := s.rest(); err != nil {
			return err
		}
	}
}

// rest flushes and waits for news. A relay that hears nothing for a while gets a
// PING.
func (s *session) rest() error {
	if err := s.w.Flush(); err != nil {
		return err
	}
	if s.lastSent.IsZero() { // time is asked for once a rest, not once a frame
		s.lastSent = time.Now()
	}
	idle := time.NewTimer(s.b.c.Idle - time.Since(s.lastSent))
	defer idle.Stop()
	select {
	case <-s.bell:
		return nil
	case <-s.ctx.Done():
		return net.ErrClosed
	case <-idle.C:
		s.lastSent = time.Time{}
		return s.w.Write(wire.Frame{Type: wire.Ping})
	}
}

func (s *session) sendWelcome() error {
	if err := s.w.WriteJSON(wire.Attached, 0, 0, s.welcome); err != nil {
		return err
	}
	if s.told != nil {
		at := int64(0)
		for _, p := range s.told.pieces {
			if err := s.w.Write(wire.Frame{Type: wire.Snapshot, Offset: at, Payload: p}); err != nil {
				return err
			}
			at += int64(len(p))
		}
	}
	s.granted = s.welcome.Stdin.Accepted
	s.welcome, s.told = nil, nil // a mark that is replaced must not stay in memory
	return nil
}

// round sends one of each kind: answers, credit, a frame of stderr, one of
// stdout. So none of them waits for another.
func (s *session) round() (sent, last bool, err error) {
	if s.ctx.Err() != nil {
		return false, false, net.ErrClosed
	}
	sent, last, err = s.sendAnswers()
	if err != nil || last {
		return sent, last, err
	}
	for _, step := range []func() (bool, error){s.sendLaunched, s.sendGrant, s.sendErr, s.sendOut, s.sendExit} {
		one, err := step()
		if err != nil {
			return sent, false, err
		}
		sent = sent || one
	}
	return sent, false, nil
}

func (s *session) sendErr() (bool, error) { return s.sendOutput(&s.flows[1]) }
func (s *session) sendOut() (bool, error) { return s.sendOutput(&s.flows[0]) }

func (s *session) sendAnswers() (sent, last bool, err error) {
	s.outMu.Lock()
	answers, ending := s.answers, s.ending
	s.answers = nil
	s.outMu.Unlock()
	for _, f := range answers {
		if err := s.w.Write(f); err != nil {
			return false, false, err
		}
	}
	if !ending || s.last.Type == 0 {
		return len(answers) > 0, ending, nil
	}
	if s.lastJSON != nil {
		return true, true, s.w.WriteJSON(s.last.Type, 0, 0, s.lastJSON)
	}
	return true, true, s.w.Write(s.last)
}

// sendLaunched tells once that the connector runs.
func (s *session) sendLaunched() (bool, error) {
	if s.launchSaid {
		return false, nil
	}
	s.b.mu.Lock()
	s.launchSaid = s.b.launched
	s.b.mu.Unlock()
	if !s.launchSaid {
		return false, nil
	}
	return true, s.w.Write(wire.Frame{Type: wire.Launched})
}

// sendGrant tells the credit of stdin, and that the connector reads no more.
func (s *session) sendGrant() (bool, error) {
	in := s.b.in.state()
	sent := false
	if in.credit-s.granted >= grantStep || (in.idle && in.credit > s.granted) {
		s.granted, sent = in.credit, true
		if err := s.w.Write(wire.Frame{Type: wire.Credit, Stream: wire.Stdin, Offset: in.credit}); err != nil {
			return false, err
		}
	}
	if in.broken && !s.stdinEnd {
		s.stdinEnd = true
		return true, s.w.Write(wire.Frame{Type: wire.End, Stream: wire.Stdin, Offset: in.accepted})
	}
	return sent, nil
}

// sendOutput sends the next frame of an output: bytes within the credit, or the
// end.
func (s *session) sendOutput(w *flow) (bool, error) {
	s.outMu.Lock()
	next, credit, idle := w.next, w.credit, !w.started || w.ended
	s.outMu.Unlock()
	if idle {
		return false, nil
	}
	if err := s.w.Reserve(wire.BestPayload); err != nil {
		return false, err
	}
	n := 0
	at, ended, err := w.window.view(next, credit, func(at int64, p []byte) error {
		n = len(p)
		return s.w.Write(wire.Frame{Type: wire.Data, Stream: w.stream, Offset: at, Payload: p})
	})
	if err != nil || (n == 0 && !ended) {
		return false, err
	}
	if n == 0 {
		err = s.w.Write(wire.Frame{Type: wire.End, Stream: w.stream, Offset: at})
	}
	s.outMu.Lock()
	w.next, w.ended = at+int64(n), n == 0
	s.outMu.Unlock()
	return true, err
}

// sendExit tells how the connector ended, behind the ends of both outputs.
func (s *session) sendExit() (bool, error) {
	if s.exitSaid || !s.flows[0].ended || !s.flows[1].ended {
		return false, nil
	}
	s.b.mu.Lock()
	exit, known := s.b.exit, s.b.state == wire.Exited
	s.b.mu.Unlock()
	if !known {
		return false, nil
	}
	s.exitSaid = true
	return true, s.w.WriteJSON(wire.Exit, 0, 0, exit)
}
