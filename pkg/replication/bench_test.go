package replication_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// BenchmarkPipes moves 256 MiB from a pipe to a pipe: by a relay, and by io.Copy
// without the kernel's splice, which knows no lines. Compare ratios only.
func BenchmarkPipes(b *testing.B) {
	for _, size := range []int{1 << 10, 10 << 10} {
		line := `{"type":"RECORD","record":{"stream":"users","data":{"id":1,"pad":"` + strings.Repeat("x", size-100) + `"},"emitted_at":1700000000000}}` + "\n"
		block := bytes.Repeat([]byte(line), 256<<10/len(line))
		renamed := named("users")
		renamed.As.Name = "raw_users"
		b.Run(fmt.Sprintf("%d/copy", size), func(b *testing.B) {
			benchmarkPipes(b, block, func(from *fakeRun, to *fakeRun) error {
				_, err := io.CopyBuffer(struct{ io.Writer }{to.stdin}, struct{ io.Reader }{from.stdout}, make([]byte, 64<<10))
				return errors.Join(err, to.stdin.Close())
			})
		})
		for name, stream := range map[string]replication.Stream{"relay": named("users"), "renamed": renamed} {
			b.Run(fmt.Sprintf("%d/%s", size, name), func(b *testing.B) {
				benchmarkPipes(b, block, func(from *fakeRun, to *fakeRun) error {
					c := replication.Config{Streams: []replication.Stream{stream}, Checkpoints: newMemory()}
					if l := replication.New(c, from, to).Run(context.Background()); l.Outcome != store.Succeeded {
						return fmt.Errorf("%s: %q", l.Outcome, l.Reasons)
					}
					return nil
				})
			})
		}
	}
}

func benchmarkPipes(b *testing.B, block []byte, move func(from, to *fakeRun) error) {
	const total = 256 << 20
	b.SetBytes(total)
	for b.Loop() {
		from := start(b, func(p *process) int {
			for range total / len(block) {
				if _, err := p.out.Write(block); err != nil {
					return 1
				}
			}
			return 0
		})
		to := start(b, swallow)
		if err := move(from, to); err != nil {
			b.Fatal(err)
		}
		from.die(connector.Exit{})
		to.die(connector.Exit{})
		closeAll(b, from.stdout, from.stderr, to.stdout, to.stderr, from.stdin)
	}
}

// swallow reads everything, without the kernel's shortcuts.
func swallow(p *process) int {
	buf := make([]byte, 256<<10)
	for {
		if _, err := p.stdin.Read(buf); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) {
				return 0
			}
			return 1
		}
	}
}
