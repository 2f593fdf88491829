//go:build linux

package client_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"testing"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/secure"
	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/connector"
)

// BenchmarkStdout reads what a program writes as quickly as it can, a GB at a
// time: through FIFO, sidecar, TLS and client, beside plain TCP and TLS with
// io.Copy and nothing else.
func BenchmarkStdout(b *testing.B) {
	const size = 1 << 30
	for name, open := range map[string]func(b *testing.B) io.Reader{
		"bridge": func(b *testing.B) io.Reader { return benchBridge(b, size) },
		"tcp":    func(b *testing.B) io.Reader { return benchTCP(b, size, nil) },
		"tls":    func(b *testing.B) io.Reader { return benchTCP(b, size, benchTLS(b, secure.BridgeConfig)) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			buf := make([]byte, 256<<10)
			for range b.N {
				b.StopTimer()
				r := open(b)
				b.StartTimer()
				if n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, buf); err != nil || n != size {
					b.Fatalf("read %d, %v", n, err)
				}
			}
		})
	}
}

func benchBridge(b *testing.B, size int) io.Reader {
	pod := newRealPod(b, probe(b, fmt.Sprint("write:", size>>20)))
	run, err := client.Attach(b.Context(), config(pod.addr, 1))
	if err != nil {
		b.Fatal(err)
	}
	if err := run.Start(b.Context(), connector.Invocation{Command: connector.Read}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_, _ = io.Copy(io.Discard, run.Stderr())
		if _, err := run.Wait(); err != nil {
			b.Error(err)
		}
	})
	return run.Stdout()
}

// benchTLS gives the settings of one end, as bridge and relay use them.
func benchTLS(b *testing.B, end func(secure.PodSeed) (*tls.Config, error)) *tls.Config {
	settings, err := end(testSeed)
	if err != nil {
		b.Fatal(err)
	}
	return settings
}

func benchTCP(b *testing.B, size int64, settings *tls.Config) io.Reader {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close() //nolint:errcheck // a connection that is cut on purpose
		if settings != nil {
			conn = tls.Server(conn, settings)
		}
		block := make([]byte, wire.BestPayload)
		for left := size; left > 0; left -= int64(len(block)) {
			if _, err := conn.Write(block[:min(left, int64(len(block)))]); err != nil {
				return
			}
		}
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close(); _ = l.Close() })
	if settings != nil {
		conn = tls.Client(conn, benchTLS(b, secure.RelayConfig))
	}
	return conn
}
