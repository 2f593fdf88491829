package replication

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
)

// newForwarder is a relay's, writing to w.
func newForwarder(w io.Writer, streams ...Stream) *forwarder {
	c := &Config{Streams: streams, Limits: Limits{}.withDefaults()}
	watch := newWatch()
	return &forwarder{
		cfg: c, book: newBook(*c), out: &journal{}, watch: watch, miscounted: map[*stream]bool{}, to: newOutlet(w, watch, 0),
	}
}

// mapped is a stream under another name, and with some fields if given.
func mappedStream(as airbyte.Descriptor, fields ...string) Stream {
	return Stream{Descriptor: airbyte.Descriptor{Name: "users"}, As: as, Fields: fields}
}

// sample is a block of records of about that size each.
func sample(size, count int) []byte {
	var b bytes.Buffer
	for i := range count {
		fmt.Fprintf(&b, `{"type":"RECORD","record":{"stream":"users","data":{"id":%d,"name":"somebody","tags":["a","b"],"drop":{"x":[1,2,3]},"pad":"%s"},"emitted_at":1700000000000}}`+"\n",
			i, strings.Repeat("x", max(size-170, 0)))
	}
	return b.Bytes()
}

var ways = map[string]Stream{
	"unmapped": mappedStream(airbyte.Descriptor{Name: "users"}),
	"renamed":  mappedStream(airbyte.Descriptor{Namespace: "raw", Name: "x_users"}),
	"fields":   mappedStream(airbyte.Descriptor{Name: "users"}, "id", "name", "pad"),
	"both":     mappedStream(airbyte.Descriptor{Namespace: "raw", Name: "x_users"}, "id", "name", "pad"),
}

func TestForwardingARecordAllocatesNothing(t *testing.T) {
	block := sample(1000, 100)
	for name, stream := range ways {
		f := newForwarder(io.Discard, stream)
		n := testing.AllocsPerRun(100, func() {
			if err := f.block(block); err != nil {
				t.Error(err)
			}
		})
		if n > 0 {
			t.Errorf("%s: %v allocations for a block of 100 records", name, n)
		}
	}
}

// TestRecordsOfTwoStreamsInTurnsAllocateNothing, with escapes in their names.
func TestRecordsOfTwoStreamsInTurnsAllocateNothing(t *testing.T) {
	other := bytes.ReplaceAll(sample(1000, 1), []byte(`"users"`), []byte(`"us\u0065rs2"`))
	block := bytes.Repeat(append(sample(1000, 1), other...), 50)
	f := newForwarder(io.Discard, ways["unmapped"], Stream{Descriptor: airbyte.Descriptor{Name: "users2"}, As: airbyte.Descriptor{Name: "users2"}})
	if n := testing.AllocsPerRun(100, func() {
		if err := f.block(block); err != nil {
			t.Error(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations for a block of 100 records", n)
	}
	if a, b := f.book.streams[0].relay.records, f.book.streams[1].relay.records; a != b || a == 0 {
		t.Errorf("%d and %d records", a, b)
	}
}

// TestMappedRecordsAreNotWrittenOneByOne: a system call each would cost more
// than all the rest.
func TestMappedRecordsAreNotWrittenOneByOne(t *testing.T) {
	var w countingWriter
	f := newForwarder(&w, ways["both"])
	if err := f.block(sample(1000, 1000)); err != nil {
		t.Fatal(err)
	}
	if w.writes > 20 || w.bytes < 900_000 {
		t.Errorf("%d writes of together %d bytes", w.writes, w.bytes)
	}
}

// TestWritesWithoutADeadlineAreShort, so that a slow destination is seen to
// take bytes.
func TestWritesWithoutADeadlineAreShort(t *testing.T) {
	var w countingWriter
	if err := newForwarder(&w, ways["unmapped"]).block(sample(1000, 1000)); err != nil {
		t.Fatal(err)
	}
	if w.largest > writeSize || w.writes > 20 {
		t.Errorf("%d writes, the largest of %d bytes", w.writes, w.largest)
	}
}

type countingWriter struct{ writes, bytes, largest int }

func (w *countingWriter) Write(p []byte) (int, error) {
	w.largest = max(w.largest, len(p))
	w.writes++
	w.bytes += len(p)
	return len(p), nil
}

func TestBuffersOfHugeLinesAreNotKept(t *testing.T) {
	f := newForwarder(io.Discard, ways["both"])
	if err := f.block(sample(10<<20, 1)); err != nil {
		t.Fatal(err)
	}
	if cap(f.edited) > keptSize || cap(f.to.gathered) > keptSize {
		t.Errorf("%d and %d bytes are kept", cap(f.edited), cap(f.to.gathered))
	}
}

// BenchmarkForward is the work of the relay without its pipes.
func BenchmarkForward(b *testing.B) {
	for _, size := range []int{1 << 10, 10 << 10} {
		block := sample(size, 1<<20/size)
		for _, name := range []string{"unmapped", "renamed", "fields", "both"} {
			b.Run(fmt.Sprintf("%d/%s", size, name), func(b *testing.B) {
				f := newForwarder(io.Discard, ways[name])
				b.SetBytes(int64(len(block)))
				b.ReportAllocs()
				for b.Loop() {
					if err := f.block(block); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("%d/classify", size), func(b *testing.B) {
			b.SetBytes(int64(len(block)))
			for b.Loop() {
				var e airbyte.Envelope
				for line := range bytes.Lines(block) {
					if airbyte.Classify(line[:len(line)-1], &e) != airbyte.ProtocolLine {
						b.Fatal("no message")
					}
				}
			}
		})
	}
}
