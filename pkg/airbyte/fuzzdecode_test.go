package airbyte_test

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"knelt.dev/pkg/airbyte"
)

// FuzzDecode: nothing makes Decode panic, what it accepts can be written, and
// what was written means the same and is written the same from then on.
func FuzzDecode(f *testing.F) {
	for _, m := range goldenMessages() {
		line, err := airbyte.AppendLine(nil, m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Add([]byte(`{"type":"SPEC","spec":{"type":"SPEC","spec":{"connectionSpecification":1}},"a":{"b":[{},[]," \\\" "]}}`))
	f.Add([]byte(`{"type":"STATE","state":{"data":{},"id":-0.00e-5,"sourceStats":{"recordCount":1e20}}}`))
	f.Fuzz(func(t *testing.T, line []byte) { checkStable(t, line) })
}

func checkStable(t *testing.T, line []byte) {
	t.Helper()
	m, err := airbyte.Decode(line)
	if err != nil {
		return
	}
	first, err := airbyte.AppendLine(nil, m)
	if err != nil {
		t.Fatalf("decoded but cannot be written: %v\n%q", err, line)
	}
	if bytes.Count(first, []byte{'\n'}) != 1 {
		t.Fatalf("more than one line: %q", first)
	}
	again, err := airbyte.Decode(first)
	if err != nil {
		t.Fatalf("what was written cannot be read: %v\n%q", err, first)
	}
	second, err := airbyte.AppendLine(nil, again)
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("not stable (%v):\n%q\n%q", err, first, second)
	}
	third, err := airbyte.Decode(second)
	if err != nil || !reflect.DeepEqual(again, third) {
		t.Fatalf("does not mean the same again (%v):\n%q", err, second)
	}
}

func TestRecordedStreamsDecodeAndKeepTheirData(t *testing.T) {
	files, err := filepath.Glob(sharedData + "/streams/*/messages.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		checkRecorded(t, path, bufio.NewScanner(file))
		if err := file.Close(); err != nil {
			t.Error(err)
		}
		checkRecordedCatalog(t, filepath.Join(filepath.Dir(path), "catalog.json"))
	}
}

func checkRecorded(t *testing.T, path string, lines *bufio.Scanner) {
	lines.Buffer(nil, 64<<20)
	for n := 1; lines.Scan(); n++ {
		line := lines.Bytes()
		var e airbyte.Envelope
		if airbyte.Classify(line, &e) != airbyte.ProtocolLine {
			continue
		}
		m, err := airbyte.Decode(line)
		if err != nil {
			t.Errorf("%s:%d: %v", path, n, err)
			continue
		}
		if m.Record != nil && !bytes.Equal(m.Record.Data, e.Data.Of(line)) {
			t.Errorf("%s:%d: data is not the bytes that came", path, n)
		}
		checkStable(t, line)
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
}

func checkRecordedCatalog(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var catalog airbyte.ConfiguredCatalog
	if err := airbyte.Unmarshal(text, &catalog); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	for _, s := range catalog.Streams {
		if s.SyncMode == "" || s.DestinationSyncMode == "" {
			t.Errorf("%s: stream %s has no sync modes", path, s.Stream.Name)
		}
	}
}
