package lines_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"knelt.dev/pkg/lines"
)

func TestTheLimitIsExact(t *testing.T) {
	for _, limit := range []int{1, 10, lines.PrefixSize, 300 << 10, 1 << 20, 3 << 20} {
		fits, long := strings.Repeat("x", limit), strings.Repeat("y", limit+1)
		for _, end := range []string{"\n", ""} {
			r := lines.NewReader(strings.NewReader(fits+end), limit)
			if line, err := r.Next(); err != nil || len(line) != limit {
				t.Errorf("limit %d, end %q: %d bytes, %v", limit, end, len(line), err)
			}
			r = lines.NewReader(strings.NewReader(long+end), limit)
			var tooLong *lines.TooLongError
			if _, err := r.Next(); !errors.As(err, &tooLong) || tooLong.Limit != limit {
				t.Errorf("limit %d, end %q: got %v, want a TooLongError", limit, end, err)
			}
		}
	}
}

func TestReadingGoesOnBehindALineThatIsTooLong(t *testing.T) {
	const limit = 5000
	long := strings.Repeat("y", 3<<20)
	for name, next := range map[string]func(*lines.Reader) (string, error){
		"Next": func(r *lines.Reader) (string, error) { l, err := r.Next(); return string(l), err },
		"NextBlock": func(r *lines.Reader) (string, error) {
			l, err := r.NextBlock()
			return strings.TrimSuffix(string(l), "\n"), err
		},
	} {
		for _, skip := range []bool{false, true} {
			r := lines.NewReader(strings.NewReader("a\n"+long+"\nb\n"), limit)
			expect(t, name, next, r, "a")
			var tooLong *lines.TooLongError
			if _, err := next(r); !errors.As(err, &tooLong) || string(tooLong.Prefix) != long[:lines.PrefixSize] {
				t.Fatalf("%s: got %v, want a TooLongError with the prefix", name, err)
			}
			if skip {
				if n := r.Skip(); n != int64(len(long)) {
					t.Fatalf("%s: skipped a line of %d bytes, it had %d", name, n, len(long))
				}
			}
			expect(t, name, next, r, "b")
			if _, err := next(r); !errors.Is(err, io.EOF) {
				t.Fatalf("%s: got %v, want io.EOF", name, err)
			}
		}
	}
}

func expect(t *testing.T, name string, next func(*lines.Reader) (string, error), r *lines.Reader, want string) {
	t.Helper()
	if got, err := next(r); err != nil || got != want {
		t.Fatalf("%s: got %q, %v; want %q", name, got, err, want)
	}
}

func TestALineThatIsTooLongAndNeverEndsIsTheLast(t *testing.T) {
	r := lines.NewReader(strings.NewReader(strings.Repeat("y", 100)), 10)
	var tooLong *lines.TooLongError
	if _, err := r.Next(); !errors.As(err, &tooLong) {
		t.Fatalf("got %v", err)
	}
	if n := r.Skip(); n != 100 {
		t.Fatalf("skipped %d bytes, want 100", n)
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Fatalf("got %v, want io.EOF", err)
	}
}

func TestTheErrorDoesNotShowTheLine(t *testing.T) {
	r := lines.NewReader(strings.NewReader(strings.Repeat("secret", 10)), 10)
	_, err := r.Next()
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "10 bytes") {
		t.Fatalf("got %v", err)
	}
}

// TestAHugeLineLeavesNoHugeBuffer protects the engine's memory while a
// connector is silent after one huge line.
func TestAHugeLineLeavesNoHugeBuffer(t *testing.T) {
	const size = 64 << 20
	pr, pw := io.Pipe()
	defer func() { _ = pr.Close() }()
	go func() {
		_, _ = io.Copy(pw, io.MultiReader(io.LimitReader(ys{}, size), strings.NewReader("\nb\n"), strings.NewReader("c\n")))
	}()
	r := lines.NewReader(pr, 0)
	if line, err := r.Next(); err != nil || len(line) != size {
		t.Fatalf("%d bytes, %v", len(line), err)
	}
	for _, want := range []string{"b", "c"} {
		if line, err := r.Next(); err != nil || string(line) != want {
			t.Fatalf("got %q, %v; want %q", line, err, want)
		}
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > size/2 {
		t.Fatalf("%d bytes of heap in use after the huge line", m.HeapAlloc)
	}
	runtime.KeepAlive(r)
}

// TestSkippingTakesConstantMemory reads a line of 1 GiB with a limit of 1 MiB.
func TestSkippingTakesConstantMemory(t *testing.T) {
	const size = 1 << 30
	r := lines.NewReader(io.MultiReader(io.LimitReader(ys{}, size), strings.NewReader("\nb\n")), 1<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := r.Next(); err == nil {
		t.Fatal("a line of 1 GiB was not too long")
	}
	if n := r.Skip(); n != size {
		t.Fatalf("skipped %d bytes", n)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Fatalf("%d bytes allocated", grown)
	}
	if line, err := r.Next(); err != nil || string(line) != "b" {
		t.Fatalf("got %q, %v", line, err)
	}
}

// ys is an endless run of the letter y.
type ys struct{}

func (ys) Read(p []byte) (int, error) {
	p[0] = 'y'
	for n := 1; n < len(p); n *= 2 {
		copy(p[n:], p[:n])
	}
	return len(p), nil
}
