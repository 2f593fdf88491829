package sidecar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"knelt.dev/bridge/record"
	"knelt.dev/bridge/wire"
)

var (
	errEnded    = errors.New("the bridge has ended")
	errReplaced = errors.New("another relay has attached")
	// errLast ends receiving: a last frame is on its way to the relay.
	errLast = errors.New("the connection ends in order")
)

// session is one connection of a relay, from its ATTACH on.
type session struct {
	b     *Sidecar
	raw   net.Conn // closed without a word when the session is cut
	conn  *record.Conn
	alert *alert
	r     *wire.Reader
	w     *wire.Writer

	epoch   int64
	ctx     context.Context // ends when the session is cut
	cancel  context.CancelCauseFunc
	welcome *wire.AttachedPayload // the first frame to send
	told    *mark                 // whose snapshot follows it

	// Of the receiving goroutine, in Sidecar.mu.
	starting *starting
	mark     *mark // in the making

	placed [2][]byte // where the DATA of stdin that is coming goes

	outbox
}

func newSession(b *Sidecar, raw net.Conn, conn *record.Conn) *session {
	s := &session{b: b, raw: raw, conn: conn}
	s.alert = &alert{conn: conn, silence: b.c.Silence}
	s.r = wire.NewReader(s.alert)
	s.w = wire.NewWriter(conn)
	s.outbox.init(b)
	return s
}

// discard gives the buffers back.
func (s *session) discard() {
	s.r.Close()
	s.w.Close()
}

// greet takes the ATTACH and makes the session the one that is obeyed, or
// refuses it.
func (s *session) greet(ctx context.Context) error {
	f, err := s.r.Next()
	if err != nil {
		return fmt.Errorf("waiting for ATTACH: %w", err)
	}
	if f.Type != wire.Attach {
		return s.refuse(wire.RefusedPayload{Code: wire.RefusedProtocol, Message: "the first frame must be ATTACH, not " + f.Type.String()})
	}
	var p wire.AttachPayload
	if err := wire.Decode(f, &p); err != nil {
		return s.refuse(wire.RefusedPayload{Code: wire.RefusedProtocol, Message: err.Error()})
	}
	if err := s.b.watch.fresh(ctx); err != nil {
		return err
	}
	if no := s.b.attach(s, p); no != nil {
		return s.refuse(*no)
	}
	return nil
}

// refuse sends the last frame and gives the reason as an error.
func (s *session) refuse(p wire.RefusedPayload) error {
	err := s.w.WriteJSON(wire.Refused, 0, 0, p)
	if err == nil {
		err = s.w.Flush()
	}
	return errors.Join(fmt.Errorf("refused (%s): %s", p.Code, p.Message), err, s.hangUp())
}

// hangUp ends a connection so that the last frame arrives: what the relay still
// sends must be read, for closing over unread bytes resets the connection.
func (s *session) hangUp() error {
	if err := s.conn.CloseWrite(); err != nil {
		return err
	}
	if err := s.raw.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, s.raw); err != nil && !errors.Is(err, net.ErrClosed) {
		s.b.c.Log.Debug("the relay did not hang up", "error", err)
	}
	return nil
}

// cut ends the session at once.
func (s *session) cut(reason error) {
	s.cancel(reason)
	_ = s.raw.Close() // not the TLS close, which may wait for the relay
}

// serve runs a session to its end.
func (b *Sidecar) serve(ctx context.Context, s *session) {
	s.alert.armed = true
	var sending sync.WaitGroup
	sending.Go(func() {
		if err := s.send(); err != nil {
			s.cut(err)
		}
	})
	err := s.receive(ctx)
	if !errors.Is(err, errLast) || s.raw.SetWriteDeadline(time.Now().Add(b.c.Silence)) != nil {
		s.cut(err)
	}
	sending.Wait()
	b.leave(s, err)
	s.discard()
}

// receive applies frames until the connection ends. Payloads go straight to where
// stdin waits for the connector: one session at a time, lest one that was cut
// write there still.
func (s *session) receive(ctx context.Context) error {
	s.b.receiving.Lock()
	defer s.b.receiving.Unlock()
	s.r.Into(wire.Stdin, s.place)
	for {
		f, err := s.r.Next()
		if err == nil {
			if err = s.b.watch.fresh(ctx); err == nil {
				err = s.b.apply(s, f)
			}
		}
		var wrong *wire.FormatError
		switch {
		case errors.As(err, &wrong):
			s.b.c.Log.Warn("a relay broke the protocol", "epoch", s.epoch, "error", err)
			s.finish(wire.Refused, wire.RefusedPayload{Code: wire.RefusedProtocol, Message: wrong.Reason})
			return errLast
		case err != nil:
			return err
		}
	}
}

// place gives room for the payload of a DATA of stdin.
func (s *session) place(f wire.Frame, length int) (first, second []byte, err error) {
	first, second, err = s.b.in.place(f.Offset, length)
	s.placed = [2][]byte{first, second}
	return first, second, err
}

// take gives the payload of a DATA of stdin: where it was placed, or in the frame
// if there was no room for what is thrown away.
func (s *session) take(f wire.Frame) (offset int64, payload [2][]byte) {
	if f.Payload != nil {
		return f.Offset, [2][]byte{f.Payload}
	}
	return f.Offset, s.placed
}

// leave takes a session that has ended from its place.
func (b *Sidecar) leave(s *session, err error) {
	b.mu.Lock()
	s.starting.drop()
	if b.current.CompareAndSwap(s, nil) {
		b.detached = time.Now()
	}
	b.mu.Unlock()
	if cause := context.Cause(s.ctx); cause != nil {
		err = cause
	}
	b.c.Log.Info("relay gone", "epoch", s.epoch, "why", err)
}

// alert fails a read when the relay is silent for too long.
type alert struct {
	conn    *record.Conn
	silence time.Duration
	armed   bool      // not before ATTACH: until then the door has its own deadline
	set     time.Time // when it was set last
}

// Read sets the deadline anew once in a while only: it is read many thousand
// times a second.
func (a *alert) Read(p []byte) (int, error) {
	if now := time.Now(); a.armed && now.Sub(a.set) > a.silence/16 {
		if err := a.conn.SetReadDeadline(now.Add(a.silence)); err != nil {
			return 0, err
		}
		a.set = now
	}
	return a.conn.Read(p)
}
