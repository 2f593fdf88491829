//go:build linux

package sidecar

import (
	"crypto/tls"
	"io"
	"net"
	"testing"

	"knelt.dev/bridge/secure"
	"knelt.dev/bridge/wire"
)

// BenchmarkTLS is what the connection alone can carry, to compare with.
func BenchmarkTLS(b *testing.B) {
	seed, err := secure.NewSyncSeed().Pod(secure.Source)
	if err != nil {
		b.Fatal(err)
	}
	bridge, err1 := secure.BridgeConfig(seed)
	relay, err2 := secure.RelayConfig(seed)
	l, err3 := net.Listen("tcp", "127.0.0.1:0")
	if err1 != nil || err2 != nil || err3 != nil {
		b.Fatal(err1, err2, err3)
	}
	done := make(chan error, 1)
	go func() {
		raw, err := l.Accept()
		if err != nil {
			done <- err
			return
		}
		conn := tls.Server(raw, bridge)
		buf := make([]byte, wire.MaxPayload)
		for range b.N {
			if _, err = conn.Write(buf); err != nil {
				break
			}
		}
		_ = conn.Close()
		done <- err
	}()
	conn, err := tls.Dial("tcp", l.Addr().String(), relay)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(wire.MaxPayload)
	b.ResetTimer()
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, conn, make([]byte, wire.MaxPayload)); err != nil {
		b.Error(err)
	}
	if err := <-done; err != nil {
		b.Error(err)
	}
	_, _ = conn.Close(), l.Close()
}

// BenchmarkStdout is connector, FIFO, window, TLS and a relay that discards.
func BenchmarkStdout(b *testing.B) {
	p := newPod(b)
	p.launchProgram("/bin/sh", "-c", "exec cat /dev/zero")
	r := p.attach(1)
	r.start("read")
	b.SetBytes(wire.MaxPayload)
	b.ResetTimer()
	r.send(from(wire.Stdout, 0))
	total, released := int64(b.N)*wire.MaxPayload, int64(0)
	for at := int64(0); at < total; {
		f, err := r.r.Next()
		if err != nil {
			b.Fatal(err)
		}
		if f.Type != wire.Data {
			continue
		}
		if at = f.Offset + int64(len(f.Payload)); at-released > 8<<20 {
			released = at
			r.send(wire.Frame{Type: wire.Release, Stream: wire.Stdout, Offset: at})
		}
	}
	b.StopTimer()
	r.send(wire.Frame{Type: wire.Terminate, Payload: []byte(`{"graceMillis":0}`)})
}

// BenchmarkStdin is the other way: relay, TLS, inlet, FIFO, connector.
func BenchmarkStdin(b *testing.B) {
	p := newPod(b)
	p.launchProgram("/bin/sh", "-c", "exec cat > /dev/null")
	r := p.attach(1)
	r.start("write")
	b.SetBytes(wire.BestPayload)
	b.ResetTimer()
	credit, payload := int64(inletSize), // the first CREDIT came with the start
		make([]byte, wire.BestPayload)
	for at := int64(0); at < int64(b.N)*wire.BestPayload; at += wire.BestPayload {
		for credit < at+wire.BestPayload {
			credit = r.expectCredit()
		}
		r.send(wire.Frame{Type: wire.Data, Offset: at, Payload: payload})
	}
	b.StopTimer()
	r.send(wire.Frame{Type: wire.Terminate, Payload: []byte(`{"graceMillis":0}`)})
}

func (r *relay) expectCredit() int64 {
	for {
		if f, err := r.r.Next(); err != nil {
			r.t.Fatal(err)
		} else if f.Type == wire.Credit {
			return f.Offset
		}
	}
}
