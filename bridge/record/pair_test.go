package record

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"knelt.dev/bridge/secure"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stream is what both this package and crypto/tls are.
type stream interface {
	io.ReadWriter
	CloseWrite() error
}

// end makes one end of a connection.
type end func(ctx context.Context, raw net.Conn, settings *tls.Config) (stream, error)

func ours(f func(context.Context, net.Conn, *tls.Config) (*Conn, error)) end {
	return func(ctx context.Context, raw net.Conn, settings *tls.Config) (stream, error) {
		return f(ctx, raw, settings)
	}
}

func theirs(f func(net.Conn, *tls.Config) *tls.Conn) end {
	return func(ctx context.Context, raw net.Conn, settings *tls.Config) (stream, error) {
		c := f(raw, settings)
		return c, c.HandshakeContext(ctx)
	}
}

// settings are those of a bridge and its relay.
func settings(t testing.TB) (relay, bridge *tls.Config) {
	t.Helper()
	seed, err := secure.NewSyncSeed().Pod(secure.Source)
	if err != nil {
		t.Fatal(err)
	}
	relay, err1 := secure.RelayConfig(seed)
	bridge, err2 := secure.BridgeConfig(seed)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return relay, bridge
}

// tcp makes the two ends of a TCP connection.
func tcp(t testing.TB) (dialed, accepted net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nothing waits there
	dialed, err = (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{dialed, accepted} {
		t.Cleanup(func() { _ = c.Close() })
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	return dialed, accepted
}

// shaken makes two ends that have shaken hands.
func shaken(t testing.TB, client, server end, dialed, accepted net.Conn) (relay, bridge stream) {
	t.Helper()
	relaySettings, bridgeSettings := settings(t)
	type made struct {
		s   stream
		err error
	}
	done := make(chan made, 1)
	go func() {
		s, err := server(context.Background(), accepted, bridgeSettings)
		done <- made{s, err}
	}()
	relay, err := client(t.Context(), dialed, relaySettings)
	other := <-done
	if err := errors.Join(err, other.err); err != nil {
		t.Fatal(err)
	}
	return relay, other.s
}

// pair makes two ends of this package.
func pair(t testing.TB) (relay, bridge *Conn, dialed, accepted net.Conn) {
	t.Helper()
	dialed, accepted = tcp(t)
	r, b := shaken(t, ours(Client), ours(Server), dialed, accepted)
	return r.(*Conn), b.(*Conn), dialed, accepted
}
