package record

import (
	"crypto/tls"
	"errors"
	"io"
	"testing"
)

// BenchmarkStream moves frames of 64 KiB from one end to the other, beside
// crypto/tls.
func BenchmarkStream(b *testing.B) {
	for name, ends := range map[string][2]end{
		"own":        {ours(Client), ours(Server)},
		"crypto_tls": {theirs(tls.Client), theirs(tls.Server)},
	} {
		b.Run(name, func(b *testing.B) {
			dialed, accepted := tcp(b)
			relay, bridge := shaken(b, ends[0], ends[1], dialed, accepted)
			frame, room := make([]byte, 64<<10), make([]byte, 64<<10)
			b.SetBytes(int64(len(frame)))
			b.ReportAllocs()
			b.ResetTimer()
			done := make(chan error, 1)
			go func() {
				for range b.N {
					if _, err := bridge.Write(frame); err != nil {
						done <- err
						return
					}
				}
				var err error
				if f, ok := bridge.(interface{ Flush() error }); ok {
					err = f.Flush()
				}
				done <- err
			}()
			for left := b.N * len(frame); left > 0; {
				n, err := relay.Read(room[:min(left, len(room))])
				if err != nil && !errors.Is(err, io.EOF) || n == 0 {
					b.Fatal(n, err)
				}
				left -= n
			}
			if err := <-done; err != nil {
				b.Fatal(err)
			}
		})
	}
}
