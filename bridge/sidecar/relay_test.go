//go:build linux

package sidecar

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"knelt.dev/bridge/secure"
	"knelt.dev/bridge/wire"
)

func itoa(n int) string { return strconv.Itoa(n) }

// relay is the other end, frame by frame.
type relay struct {
	launched bool // LAUNCHED has come
	t        testing.TB
	raw      net.Conn
	conn     *tls.Conn
	r        *wire.Reader
	w        *wire.Writer
	attached wire.AttachedPayload
}

// dial makes a connection without ATTACH. wrap may put something between TCP and
// TLS.
func (p *pod) dial(wrap func(net.Conn) net.Conn) (*relay, error) {
	raw, err := net.DialTimeout("tcp", p.addr, patience)
	if err != nil {
		return nil, err
	}
	if wrap != nil {
		raw = wrap(raw)
	}
	settings, err := secure.RelayConfig(p.c.Seed)
	if err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	if err := raw.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	r := &relay{t: p.t, raw: raw, conn: tls.Client(raw, settings)}
	r.r, r.w = wire.NewReader(r.conn), wire.NewWriter(r.conn)
	return r, nil
}

// attach attaches with an epoch; an error tells of a refusal or a cut.
func (p *pod) tryAttach(epoch int64, wrap func(net.Conn) net.Conn) (*relay, error) {
	r, err := p.dial(wrap)
	if err != nil {
		return nil, err
	}
	if err := r.greet(wire.AttachPayload{Version: wire.Version, Connection: testConnection, Sync: testSync, Epoch: epoch}); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (p *pod) attach(epoch int64) *relay {
	p.t.Helper()
	r, err := p.tryAttach(epoch, nil)
	if err != nil {
		p.t.Fatalf("attach: %v; log:\n%s", err, p.log.String())
	}
	p.t.Cleanup(r.close)
	return r
}

// refusedError is a REFUSED that came.
type refusedError struct{ wire.RefusedPayload }

func (e *refusedError) Error() string { return fmt.Sprintf("REFUSED %+v", e.RefusedPayload) }

func (r *relay) greet(a wire.AttachPayload) error {
	if err := r.w.WriteJSON(wire.Attach, 0, 0, a); err != nil {
		return err
	}
	if err := r.w.Flush(); err != nil {
		return err
	}
	f, err := r.next()
	if err != nil {
		return err
	}
	if f.Type != wire.Attached {
		return fmt.Errorf("%v instead of ATTACHED", f.Type)
	}
	return wire.Decode(f, &r.attached)
}

// next reads a frame; a REFUSED is an error. The bridge's PINGs are answered.
func (r *relay) next() (wire.Frame, error) {
	for {
		f, err := r.r.Next()
		switch {
		case err != nil:
			return f, err
		case !f.SentBy(wire.Bridge):
			return f, fmt.Errorf("%v of %v from a bridge", f.Type, f.Stream)
		case f.Type == wire.Ping:
			if err := r.trySend(wire.Frame{Type: wire.Pong, Offset: f.Offset}); err != nil {
				return f, err
			}
		case f.Type == wire.Launched:
			if r.launched {
				return f, errors.New("a second LAUNCHED")
			}
			r.launched = true
		case f.Type == wire.Refused:
			e := &refusedError{}
			return f, errors.Join(wire.Decode(f, &e.RefusedPayload), e)
		default:
			return f, nil
		}
	}
}

// expect reads the next frame of a type, passing over what the bridge tells of
// stdin.
func (r *relay) expect(t wire.Type) wire.Frame {
	r.t.Helper()
	for {
		f, err := r.next()
		if err != nil {
			r.t.Fatalf("waiting for %v: %v", t, err)
		}
		if f.Type == t && (t != wire.End || f.Stream != wire.Stdin) {
			return f
		}
		if f.Type != wire.Credit && (f.Type != wire.End || f.Stream != wire.Stdin) {
			r.t.Fatalf("waiting for %v, %v of %v at %d came", t, f.Type, f.Stream, f.Offset)
		}
	}
}

// expectRaw reads exactly the next frame, PINGs included.
func (r *relay) expectRaw(t wire.Type) {
	r.t.Helper()
	if f, err := r.r.Next(); err != nil || f.Type != t {
		r.t.Fatalf("%v, %v; want %v", f.Type, err, t)
	}
}

// stdout reads the next DATA of stdout, passing over ends.
func (r *relay) stdout() []byte {
	r.t.Helper()
	for {
		f, err := r.next()
		if err != nil {
			r.t.Fatalf("waiting for stdout: %v", err)
		}
		if f.Type == wire.Data && f.Stream == wire.Stdout {
			return f.Payload
		}
	}
}

func (r *relay) trySend(frames ...wire.Frame) error {
	for _, f := range frames {
		if err := r.w.Write(f); err != nil {
			return err
		}
	}
	return r.w.Flush()
}

func (r *relay) send(frames ...wire.Frame) {
	r.t.Helper()
	if err := r.trySend(frames...); err != nil {
		r.t.Fatal(err)
	}
}

func asJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// start sends START with the files and waits until it was taken.
func (r *relay) start(command string, files ...string) {
	r.t.Helper()
	p := wire.StartPayload{Command: command}
	var pieces []wire.Frame
	for i, text := range files {
		name := []string{"config.json", "catalog.json", "state.json"}[i]
		p.Files = append(p.Files, wire.FilePayload{Name: name, Size: int64(len(text))})
		for at := 0; at < len(text); at += 1000 {
			pieces = append(pieces, wire.Frame{Type: wire.File, Offset: int64(at), Payload: []byte(text[at:min(at+1000, len(text))])})
		}
	}
	r.send(append([]wire.Frame{{Type: wire.Start, Payload: asJSON(p)}}, append(pieces, wire.Frame{Type: wire.Ping, Offset: 5})...)...)
	r.expect(wire.Pong)
}

// from starts an output without bound.
func from(s wire.Stream, offset int64) wire.Frame {
	return creditFrom(s, offset, 1<<60)
}

func creditFrom(s wire.Stream, offset, credit int64) wire.Frame {
	return wire.Frame{Type: wire.Credit, Stream: s, Offset: credit, Payload: asJSON(wire.FromPayload{From: offset})}
}

// ending is all that outputs brought until EXIT.
type ending struct {
	out  [3]bytes.Buffer
	from [3]int64 // offset of the first byte
	exit wire.ExitPayload
}

// drain reads both outputs, from where they were started, to EXIT.
func (r *relay) drain() *ending {
	r.t.Helper()
	e := &ending{}
	seen := [3]bool{}
	for {
		f, err := r.next()
		if err != nil {
			r.t.Fatalf("reading to EXIT: %v", err)
		}
		switch f.Type {
		case wire.Data:
			if !seen[f.Stream] {
				seen[f.Stream], e.from[f.Stream] = true, f.Offset
			}
			if want := e.from[f.Stream] + int64(e.out[f.Stream].Len()); f.Offset != want {
				r.t.Fatalf("%v at offset %d, want %d", f.Stream, f.Offset, want)
			}
			e.out[f.Stream].Write(f.Payload)
		case wire.Exit:
			if err := wire.Decode(f, &e.exit); err != nil {
				r.t.Fatal(err)
			}
			return e
		case wire.Credit, wire.End:
		default:
			r.t.Fatalf("reading to EXIT: %v", f.Type)
		}
	}
}

func (e *ending) stdout() string { return strings.TrimSpace(e.out[wire.Stdout].String()) }

// line reads DATA of stdout up to a newline.
func (r *relay) line() string {
	r.t.Helper()
	var text []byte
	for !bytes.HasSuffix(text, []byte("\n")) {
		text = append(text, r.expect(wire.Data).Payload...)
	}
	return strings.TrimSpace(string(text))
}

// finish says DONE and waits for the end of the connection.
func (r *relay) finish() {
	r.t.Helper()
	r.send(wire.Frame{Type: wire.Done})
	r.gone()
	r.close()
}

// reply reads to a PONG, or to the error before it.
func (r *relay) reply() error {
	for {
		if f, err := r.next(); err != nil || f.Type == wire.Pong {
			return err
		}
	}
}

// gone reads until the bridge has ended the connection.
func (r *relay) gone() {
	r.t.Helper()
	for {
		if _, err := r.r.Next(); err != nil {
			var late net.Error
			if errors.As(err, &late) && late.Timeout() {
				r.t.Fatalf("the connection was not ended: %v", err)
			}
			return
		}
	}
}

func (r *relay) close() { _ = r.raw.Close() }
