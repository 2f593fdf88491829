package kit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
)

var epochOfTests = time.UnixMilli(1700000000000)

var rows = NewRecordTemplate(airbyte.Descriptor{Namespace: "n", Name: "a\"b"}, epochOfTests)

func TestARecordTemplateMakesMessages(t *testing.T) {
	m, err := airbyte.Decode(rows.Append(nil, []byte(`{"id":1.0}`)))
	if err != nil {
		t.Fatal(err)
	}
	r := m.Record
	if r.Stream != `a"b` || r.Namespace != "n" || string(r.Data) != `{"id":1.0}` || r.EmittedAt != 1700000000000 {
		t.Errorf("%+v", r)
	}
}

func TestMessagesKeepTheirOrderAndStatesAreWrittenAtOnce(t *testing.T) {
	var out bytes.Buffer
	e := NewEmitter(&out)
	must(t, e.Record(rows, []byte(`{"n":1}`)))
	must(t, e.Lines([]byte("two\n")))
	if out.Len() != 0 {
		t.Error("records are not gathered")
	}
	must(t, e.StateLine([]byte("three\r\n")))
	if !strings.HasSuffix(out.String(), "}\ntwo\nthree\n") {
		t.Errorf("%q", out.String())
	}
	must(t, e.Log("INFO", "four"))
	must(t, e.Lines(bytes.Repeat([]byte("five\n"), flushSize)))
	must(t, e.Record(rows, bytes.Repeat([]byte("6"), 20*flushSize)))
	must(t, e.Flush())
	text := out.String()
	if strings.Index(text, "four") > strings.Index(text, "five") || strings.LastIndex(text, "five") > strings.Index(text, "666") {
		t.Error("the order is lost")
	}
}

func TestSeveralGoroutinesWriteWholeLines(t *testing.T) {
	var out bytes.Buffer
	e := NewEmitter(&out)
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			for range 2000 {
				_ = e.Record(rows, fmt.Appendf(nil, `{"n":%d}`, n))
				_ = e.Log("INFO", "x")
			}
		})
	}
	group.Wait()
	must(t, e.Flush())
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for _, line := range lines {
		if _, err := airbyte.Decode([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if len(lines) != 16000 {
		t.Errorf("%d lines", len(lines))
	}
}

// broken fails after some writes.
type broken struct{ left, calls int }

var errBroken = errors.New("pipe broke")

func (b *broken) Write(p []byte) (int, error) {
	b.calls++
	if b.left--; b.left < 0 {
		return len(p) / 2, errBroken
	}
	return len(p), nil
}

func TestNothingIsWrittenAfterABrokenWrite(t *testing.T) {
	w := &broken{left: 1}
	e := NewEmitter(w)
	must(t, e.Log("INFO", "a"))
	for range 3 {
		if err := e.Log("INFO", "b"); !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
	}
	if err := errors.Join(e.Lines([]byte("c\n")), e.Flush()); !errors.Is(err, errBroken) || w.calls != 2 {
		t.Errorf("%v after %d writes", err, w.calls)
	}
}

func TestAfterASignalRecordsStopAndStatesAreStillWritten(t *testing.T) {
	var out bytes.Buffer
	e := NewEmitter(&out)
	must(t, e.Record(rows, []byte(`{}`)))
	e.terminate()
	if !errors.Is(e.Record(rows, nil), ErrTerminated) || !errors.Is(e.Lines(nil), ErrTerminated) {
		t.Error("a read would go on")
	}
	must(t, e.StateLine([]byte("state")))
	if lines := strings.Count(out.String(), "\n"); lines != 2 {
		t.Errorf("%d lines", lines)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, size := range []int{200, 1 << 10, 10 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			e := NewEmitter(io.Discard)
			data := bytes.Repeat([]byte("x"), size)
			b.SetBytes(int64(len(rows.Append(nil, data))))
			b.ReportAllocs()
			for b.Loop() {
				if err := e.Record(rows, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
