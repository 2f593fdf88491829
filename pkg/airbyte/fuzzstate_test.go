package airbyte_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"knelt.dev/pkg/airbyte"
)

// FuzzStateFile: nothing makes the readers of states panic, what was parsed
// makes a state file that parses to the same, and no copy of the legacy data
// is left in what is kept of a STREAM state.
func FuzzStateFile(f *testing.F) {
	for _, seed := range []string{
		"[" + streamA + "," + streamB + "]", global, legacy, "{}", " [ ] ", `{"users":{"cursor":"a\\"}}`,
		`{"data":{"a":[1,{"b":"}"}]},"type":"STREAM","stream":{"stream_descriptor":{"name":"a"}}}`,
		`[{"type":"STATE","state":{"data":{}}}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		positions, kind, err := airbyte.ParseStateFile(file)
		if err != nil || kind == "" {
			return
		}
		again, err := airbyte.StateFile(positions, kind)
		if err != nil {
			t.Fatalf("parsed, but no state file: %v\n%q", err, file)
		}
		if kind != airbyte.LegacyState {
			checkSamePositions(t, again, positions)
		}
		for _, position := range positions {
			checkPersisted(t, position, kind)
		}
	})
}

func checkSamePositions(t *testing.T, file []byte, want []json.RawMessage) {
	t.Helper()
	got, _, err := airbyte.ParseStateFile(file)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d positions became %d (%v)\n%q", len(want), len(got), err, file)
	}
	for i := range got {
		if bytes.IndexByte(want[i], '\n') < 0 && bytes.IndexByte(want[i], '\r') < 0 && !bytes.Equal(got[i], want[i]) {
			t.Fatalf("%q became %q", want[i], got[i])
		}
	}
}

func checkPersisted(t *testing.T, position []byte, kind airbyte.StateKind) {
	t.Helper()
	kept, err := airbyte.PersistedState(position)
	if err != nil {
		t.Fatal(err)
	}
	var before, after map[string]json.RawMessage
	if json.Unmarshal(position, &before) != nil || json.Unmarshal(kept, &after) != nil {
		t.Fatalf("%q became %q", position, kept)
	}
	if kind == airbyte.StreamState {
		delete(before, "data")
	}
	if len(before) != len(after) {
		t.Fatalf("%q lost more than data: %q", position, kept)
	}
}
