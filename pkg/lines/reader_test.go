package lines_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"knelt.dev/pkg/lines"
)

// all reads everything by Next and copies it.
func all(t *testing.T, r *lines.Reader) []string {
	t.Helper()
	var got []string
	for {
		line, err := r.Next()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		got = append(got, string(line))
	}
}

func TestEachLineComesWithoutItsNewline(t *testing.T) {
	for text, want := range map[string][]string{
		"":             nil,
		"\n":           {""},
		"a\nb\n":       {"a", "b"},
		"a\n\n\nb\n":   {"a", "", "", "b"},
		"a\r\nb":       {"a\r", "b"},
		"last is open": {"last is open"},
	} {
		for name, src := range map[string]io.Reader{
			"at once":       strings.NewReader(text),
			"byte by byte":  iotest.OneByteReader(strings.NewReader(text)),
			"EOF with data": iotest.DataErrReader(strings.NewReader(text)),
		} {
			if got := all(t, lines.NewReader(src, 0)); strings.Join(got, "|") != strings.Join(want, "|") || len(got) != len(want) {
				t.Errorf("%q %s: got %q, want %q", text, name, got, want)
			}
		}
	}
}

func TestALineThatNoNewlineEndsIsFlagged(t *testing.T) {
	r := lines.NewReader(strings.NewReader("whole\nhalf"), 0)
	for _, want := range []struct {
		text string
		open bool
	}{{"whole", false}, {"half", true}} {
		line, err := r.Next()
		if err != nil || string(line) != want.text || r.Unterminated() != want.open {
			t.Fatalf("got %q, open %v, %v; want %+v", line, r.Unterminated(), err, want)
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) || r.Unterminated() {
		t.Fatalf("at the end: %v, open %v", err, r.Unterminated())
	}
}

func TestAFailureComesAfterTheBytesBeforeIt(t *testing.T) {
	broken := errors.New("lost")
	r := lines.NewReader(io.MultiReader(strings.NewReader("a\nhal"), iotest.ErrReader(broken)), 0)
	for _, want := range []string{"a", "hal"} {
		if line, err := r.Next(); err != nil || string(line) != want {
			t.Fatalf("got %q, %v; want %q", line, err, want)
		}
	}
	for range 2 {
		if _, err := r.Next(); !errors.Is(err, broken) {
			t.Fatalf("got %v, want the source's own error", err)
		}
	}
}

func TestASourceWithoutProgressIsAnError(t *testing.T) {
	r := lines.NewReader(stuck{}, 0)
	if _, err := r.Next(); !errors.Is(err, io.ErrNoProgress) {
		t.Fatalf("got %v, want io.ErrNoProgress", err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// TestRandomLinesSurviveAnySplit compares Next and NextBlock with
// strings.Split, over reads of any size and buffers that must grow.
func TestRandomLinesSurviveAnySplit(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var text bytes.Buffer
	for text.Len() < 12<<20 {
		size := rng.IntN(200)
		if rng.IntN(2000) == 0 {
			size = rng.IntN(6 << 20)
		}
		text.Write(bytes.Repeat([]byte{byte('a' + rng.IntN(26))}, size))
		text.WriteByte('\n')
	}
	src := &ragged{text: text.Bytes(), rng: rng}
	r := lines.NewReader(src, 0)
	var got []byte
	for {
		var part []byte
		var err error
		if rng.IntN(50) == 0 {
			part, err = r.NextBlock()
			if err == nil && part[len(part)-1] != '\n' {
				t.Fatal("a block does not end with a whole line")
			}
		} else if part, err = r.Next(); err == nil {
			if bytes.IndexByte(part, '\n') >= 0 {
				t.Fatal("a line holds a newline")
			}
			got = append(got, part...)
			part = []byte{'\n'}
		}
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got = append(got, part...)
	}
	if !bytes.Equal(got, text.Bytes()) {
		t.Fatalf("%d bytes in, %d bytes out, or not the same", text.Len(), len(got))
	}
}

// ragged reads pieces of random sizes.
type ragged struct {
	text []byte
	rng  *rand.Rand
}

func (s *ragged) Read(p []byte) (int, error) {
	if len(s.text) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 1+s.rng.IntN(100_000))], s.text)
	s.text = s.text[n:]
	return n, nil
}

func TestNoAllocationPerLine(t *testing.T) {
	text := strings.Repeat(strings.Repeat("x", 999)+"\n", 5000)
	r := lines.NewReader(strings.NewReader(text), 0)
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(4000, func() {
		if _, err := r.Next(); err != nil {
			t.Error(err)
		}
	})
	if n != 0 {
		t.Fatalf("%v allocations per line", n)
	}
}
