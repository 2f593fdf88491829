package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"knelt.dev/connectors/internal/kit"
)

// class is what a class of SQLSTATEs (their first two digits) means.
type class struct {
	make func(format string, args ...any) error
	// told is set where the server's text names things and never values of rows.
	told bool
}

var classes = map[string]class{
	"08": {kit.TransientError, true}, // connection exception
	"0A": {kit.SystemError, true},    // feature not supported
	"25": {kit.SystemError, true},    // invalid transaction state
	"26": {kit.SystemError, true},    // invalid statement name
	"28": {kit.ConfigError, true},    // invalid authorization
	"3D": {kit.ConfigError, true},    // no such database
	"3F": {kit.ConfigError, true},    // no such schema
	"40": {kit.TransientError, true}, // serialization failure, deadlock
	"42": {kit.ConfigError, true},    // no such table or column, no privilege
	"53": {kit.TransientError, true}, // out of connections, memory, disk
	"54": {kit.SystemError, true},    // program limit
	"55": {kit.TransientError, true}, // not in the right state: locked
	"57": {kit.TransientError, true}, // shut down, ended by an administrator
	"58": {kit.SystemError, true},    // input or output of the server
	"XX": {kit.SystemError, true},    // internal, damaged data
}

// Classed gives an error of a connection that was good its class, and a text
// that is safe to show: what a server says of data may quote them. What a signal
// stopped is no failure.
func Classed(ctx context.Context, doing string, err error) error {
	var already *kit.Error
	var server *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return kit.ErrTerminated
	case errors.As(err, &already), errors.Is(err, kit.ErrTerminated):
		return err
	case errors.As(err, &server):
		return serverError(doing, server)
	case isCut(err):
		return kit.TransientError("%s: the connection to the server was cut", doing)
	}
	return kit.SystemError("%s: %w", doing, err)
}

func serverError(doing string, e *pgconn.PgError) error {
	c := classes[e.Code[:min(2, len(e.Code))]]
	if c.make == nil {
		c.make = kit.SystemError
	}
	if !c.told {
		return c.make("%s: the server refused a value, or a statement failed on one (SQLSTATE %s)", doing, e.Code)
	}
	hint := ""
	if e.Code == "55P03" {
		hint = "; another program holds a lock for longer than lock_timeout_ms"
	}
	return c.make("%s: %s (SQLSTATE %s)%s", doing, e.Message, e.Code, hint)
}

func isCut(err error) bool {
	var network net.Error
	var operation *net.OpError
	return errors.As(err, &network) || errors.As(err, &operation) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "conn closed")
}

// connectError tells why there is no connection. Of several attempts the server's
// own words count most.
func connectError(ctx context.Context, c Config, err error) error {
	doing := "connecting to " + c.Address()
	var server *pgconn.PgError
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var certificate *tls.CertificateVerificationError
	switch {
	case ctx.Err() != nil:
		return kit.ErrTerminated
	case errors.As(err, &server):
		return serverError(doing, server)
	case errors.As(err, &certificate), errors.As(err, &unknown), errors.As(err, &host):
		return kit.ConfigError("%s: the server's certificate does not prove who it is (ssl_mode %s)", doing, c.SSL.Mode)
	case strings.Contains(err.Error(), "server refused TLS"):
		return kit.ConfigError("%s: the server speaks no TLS, and ssl_mode %s demands it", doing, c.SSL.Mode)
	case errors.As(err, &dns) && dns.IsNotFound:
		return kit.ConfigError("%s: there is no such host", doing)
	case isCut(err), errors.Is(err, context.DeadlineExceeded):
		return kit.TransientError("%s: no answer (%w)", doing, innermost(err))
	}
	return kit.SystemError("%s: %w", doing, innermost(err))
}

// innermost gives the first cause: what wraps it repeats the config.
func innermost(err error) error {
	var system interface{ Timeout() bool }
	if errors.As(err, &system) && system.Timeout() {
		return errors.New("it took too long")
	}
	for {
		switch wrapped := err.(type) { //nolint:errorlint // it walks down the chain itself
		case interface{ Unwrap() error }:
			if wrapped.Unwrap() == nil {
				return err
			}
			err = wrapped.Unwrap()
		case interface{ Unwrap() []error }:
			if len(wrapped.Unwrap()) == 0 {
				return err
			}
			err = wrapped.Unwrap()[0]
		default:
			return fmt.Errorf("%w", err)
		}
	}
}
