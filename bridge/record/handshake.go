package record

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
)

// Client makes the handshake of the end that dials. settings must allow TLS 1.3
// alone.
func Client(ctx context.Context, raw net.Conn, settings *tls.Config) (*Conn, error) {
	c, client, server, err := shake(ctx, raw, settings, tls.Client)
	if err == nil {
		c.out.half, c.in.half = client, server
	}
	return c, err
}

// Server makes the handshake of the end that listens. settings must allow TLS 1.3
// alone, without tickets: nothing may be sent by the handshake once it is over.
func Server(ctx context.Context, raw net.Conn, settings *tls.Config) (*Conn, error) {
	c, client, server, err := shake(ctx, raw, settings, tls.Server)
	if err == nil {
		c.out.half, c.in.half = server, client
	}
	return c, err
}

// shake has crypto/tls make the handshake, and takes the connection over.
func shake(ctx context.Context, raw net.Conn, settings *tls.Config, end func(net.Conn, *tls.Config) *tls.Conn) (*Conn, half, half, error) {
	told := &secrets{}
	settings = settings.Clone()
	settings.KeyLogWriter = told
	if settings.MinVersion != tls.VersionTLS13 || !settings.SessionTicketsDisabled {
		return nil, half{}, half{}, fmt.Errorf("the record layer is that of TLS 1.3 without tickets, and the settings allow for other ones")
	}
	conn := end(&exact{Conn: raw}, settings)
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, half{}, half{}, err
	}
	client, server, err := told.halves(conn.ConnectionState().CipherSuite)
	return &Conn{raw: raw}, client, server, err
}

// exact is a connection that gives a record at a time, so that the handshake reads
// nothing of what comes after it.
type exact struct {
	net.Conn
	header [headerSize]byte
	have   int // of header
	left   int // of the record behind it
}

func (e *exact) Read(p []byte) (int, error) {
	if e.have == headerSize && e.left == 0 {
		e.have = 0
	}
	if e.have == headerSize {
		n, err := e.Conn.Read(p[:min(len(p), e.left)])
		e.left -= n
		return n, err
	}
	n, err := e.Conn.Read(p[:min(len(p), headerSize-e.have)])
	e.have += copy(e.header[e.have:], p[:n])
	if e.have == headerSize {
		e.left = int(e.header[3])<<8 | int(e.header[4])
	}
	return n, err
}
