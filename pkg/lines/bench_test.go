package lines_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"knelt.dev/pkg/lines"
)

// BenchmarkLines reads 64 MiB of lines by this package and by bufio.
func BenchmarkLines(b *testing.B) {
	for _, size := range []int{200, 1 << 10, 10 << 10} {
		text := bytes.Repeat(append(bytes.Repeat([]byte{'x'}, size-1), '\n'), 64<<20/size)
		for _, way := range []struct {
			name string
			read func(io.Reader) (int, error)
		}{{"Next", byNext}, {"NextBlock", byBlock}, {"Scanner", byScanner}, {"ReadSlice", bySlice}, {"ReadBytes", byBytes}} {
			b.Run(fmt.Sprintf("%s/%d", way.name, size), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					if n, err := way.read(bytes.NewReader(text)); err != nil || n != len(text)/size {
						b.Fatalf("%d lines, %v", n, err)
					}
				}
			})
		}
	}
}

func count(next func() error) (int, error) {
	for n := 0; ; n++ {
		if err := next(); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
	}
}

func byNext(src io.Reader) (int, error) {
	r := lines.NewReader(src, 0)
	return count(func() error { _, err := r.Next(); return err })
}

func byBlock(src io.Reader) (int, error) {
	r, total := lines.NewReader(src, 0), 0
	_, err := count(func() error {
		block, err := r.NextBlock()
		total += bytes.Count(block, []byte{'\n'})
		return err
	})
	return total, err
}

func byScanner(src io.Reader) (int, error) {
	s := bufio.NewScanner(src)
	s.Buffer(make([]byte, 1<<20), 1<<28)
	n := 0
	for s.Scan() {
		n++
	}
	return n, s.Err()
}

func bySlice(src io.Reader) (int, error) {
	r := bufio.NewReaderSize(src, 1<<20)
	return count(func() error { _, err := r.ReadSlice('\n'); return err })
}

func byBytes(src io.Reader) (int, error) {
	r := bufio.NewReaderSize(src, 1<<20)
	return count(func() error { _, err := r.ReadBytes('\n'); return err })
}
