package record

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate has openssl make a key and a certificate of it.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	out, err := exec.CommandContext(t.Context(), "openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=bridge",
		"-days", "2", "-keyout", key, "-out", cert).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl req: %v\n%s", err, out)
	}
	return cert, key
}

// TestAnotherImplementationReadsIt, in each cipher suite of TLS 1.3 that Go has;
// crypto/tls leaves the choice to its peer alone.
func TestAnotherImplementationReadsIt(t *testing.T) {
	cert, key := certificate(t)
	for _, suite := range []string{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"} {
		t.Run("from a client of "+suite, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close() //nolint:errcheck // nobody else comes
			text := strings.Repeat("to the other end and back\n", 20_000)
			peer := openssl(t, text, "s_client", "-connect", l.Addr().String(), "-quiet", "-tls1_3", "-ciphersuites", suite)
			raw, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			pair, err := tls.LoadX509KeyPair(cert, key)
			if err != nil {
				t.Fatal(err)
			}
			settings := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, SessionTicketsDisabled: true}
			exchange(t, raw, Server, settings, text)
			if got := peer(); got != greeting+text {
				t.Errorf("it reads %d bytes of %d", len(got), len(greeting+text))
			}
		})
		t.Run("from a server of "+suite, func(t *testing.T) {
			text := strings.Repeat("to the other end and back\n", 20_000)
			address := unused(t)
			peer := openssl(t, text, "s_server", "-accept", address, "-quiet", "-tls1_3", "-ciphersuites", suite,
				"-num_tickets", "0", "-cert", cert, "-key", key, "-naccept", "1")
			settings := &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, SessionTicketsDisabled: true}
			exchange(t, dial(t, address), Client, settings, text)
			if got := peer(); got != greeting+text {
				t.Errorf("it reads %d bytes of %d", len(got), len(greeting+text))
			}
		})
	}
}

// greeting comes first: s_server waits for text when it has read the end of the
// handshake, and sends none meanwhile.
const greeting = "a greeting\n"

// exchange greets, reads text and sends it back.
func exchange(t *testing.T, raw net.Conn, end func(context.Context, net.Conn, *tls.Config) (*Conn, error), settings *tls.Config, text string) {
	t.Helper()
	defer raw.Close() //nolint:errcheck // all is read by then
	if err := raw.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c, err := end(t.Context(), raw, settings)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte(greeting)); err != nil {
		t.Fatal(err)
	}
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
		t.Errorf("reading what it sends: %v", err)
	}
	_, err = c.Write(got)
	if err := errors.Join(err, c.CloseWrite()); err != nil {
		t.Error(err)
	}
}

// openssl starts a peer that sends text; its reading ends with it.
func openssl(t *testing.T, text string, args ...string) (read func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "openssl", args...)
	var said, complained bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &complained
	// A pipe that stays open: s_client ends with its input.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = r
	if err := errors.Join(cmd.Start(), r.Close()); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() {
		_, err := io.WriteString(w, text)
		wrote <- err
	}()
	return func() string {
		if err := errors.Join(<-wrote, cmd.Wait(), w.Close()); err != nil {
			t.Logf("openssl %s: %v\n%s", args[0], err, &complained)
		}
		return said.String()
	}
}

// unused is an address where nobody listens yet.
func unused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it was never used
	return l.Addr().String()
}

// dial waits for somebody to listen.
func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		raw, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			return raw
		}
		if time.Since(began) > 20*time.Second {
			t.Fatal(err)
		}
	}
}
