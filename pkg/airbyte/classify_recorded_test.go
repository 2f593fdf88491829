package airbyte

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The recorded output of real sources lies beside the repository where there is
// room for it; what the other tests hold does not depend on it.
func TestRecordedStreamsHoldNoBrokenLine(t *testing.T) {
	files, err := filepath.Glob("../../../shared/data/streams/*/messages.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		records := 0
		for i, line := range bytes.Split(content, []byte("\n")) {
			v, e := checkLine(t, line)
			if v == BrokenLine {
				t.Errorf("%s:%d: %v at byte %d", file, i+1, e.Problem, e.Offset)
			}
			if v == ProtocolLine && e.Type == Record {
				records++
			}
		}
		if records == 0 {
			t.Errorf("%s: no record found", file)
		}
	}
}
