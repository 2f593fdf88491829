package foreign

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// recordings are the folders of recorded streams: our own, and those of ten real
// sources where they are beside the repository.
func recordings(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{"numbers": filepath.Join(here, "testdata", "numbers")}
	shared, err := filepath.Glob(filepath.Join(here, "..", "..", "..", "shared", "data", "streams", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range shared {
		all[filepath.Base(dir)] = dir
	}
	return all
}

// prepared makes a folder for replay.sh of a recording.
func prepared(t *testing.T, recording string) string {
	t.Helper()
	dir := t.TempDir()
	var recorded struct{ Streams []struct{ Stream object } }
	if err := json.Unmarshal([]byte(read(t, recording, "catalog.json")), &recorded); err != nil {
		t.Fatal(err)
	}
	catalog := object{"streams": []object{}}
	for _, s := range recorded.Streams {
		// What the recordings leave out, the protocol demands.
		s.Stream["json_schema"], s.Stream["supported_sync_modes"] = object{"type": "object"}, []string{"full_refresh", "incremental"}
		s.Stream["source_defined_cursor"] = true
		catalog["streams"] = append(catalog["streams"].([]object), s.Stream) //nolint:forcetypeassert // made above
	}
	write(t, filepath.Join(dir, "catalog.jsonl"), encode(t, object{"type": "CATALOG", "catalog": catalog})+"\n")
	if err := os.Symlink(filepath.Join(recording, "messages.jsonl"), filepath.Join(dir, "messages.jsonl")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// forwardable gives the records of a recording that belong to its catalog.
func forwardable(t *testing.T, recording string) (records []string, byStream map[string]int) {
	t.Helper()
	var catalog struct {
		Streams []struct{ Stream struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(read(t, recording, "catalog.json")), &catalog); err != nil {
		t.Fatal(err)
	}
	byStream = map[string]int{}
	for _, s := range catalog.Streams {
		byStream[s.Stream.Name] = 0
	}
	for _, line := range ofType(read(t, recording, "messages.jsonl"), airbyte.Record) {
		var m struct{ Record struct{ Stream string } }
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		if _, wanted := byStream[m.Record.Stream]; wanted {
			records = append(records, line)
			byStream[m.Record.Stream]++
		}
	}
	if len(records) == 0 {
		t.Fatalf("%s holds no record of its catalog", recording)
	}
	return records, byStream
}

func TestRecordedStreamsArriveByteForByte(t *testing.T) {
	for name, dir := range recordings(t) {
		for to, destination := range map[string]end{"sqlite": lake("lake.db"), "faros": faros()} {
			t.Run(name+" to "+to, func(t *testing.T) {
				heard := t.TempDir()
				destination.AcknowledgesInOrder = to == "faros"
				s := newStory(t, recorded(prepared(t, dir)), destination.through("listen.sh", heard))
				r := s.sync(store.Succeeded)
				records, byStream := forwardable(t, dir)
				arrived := ofType(read(t, heard, "stdin"), airbyte.Record)
				if strings.Join(records, "\n") != strings.Join(arrived, "\n") {
					t.Errorf("%d records were recorded, %d arrived, or not the same bytes", len(records), len(arrived))
				}
				for _, stream := range r.Ledger.Streams {
					if want := byStream[stream.Stream.Name]; stream.Relayed != int64(want) {
						t.Errorf("%s: %d records in the ledger, not %d", stream.Stream, stream.Relayed, want)
					}
				}
				arrivedAt(t, s, to, heard, byStream)
			})
		}
	}
}

// arrivedAt sees that a destination has what it was given.
func arrivedAt(t *testing.T, s *story, to, heard string, byStream map[string]int) {
	t.Helper()
	total := 0
	for stream, want := range byStream {
		total += want
		if to != "sqlite" {
			continue
		}
		if n, _ := rows(t, filepath.Join(s.dir, "lake.db"), stream); n != want {
			t.Errorf("%d rows of %s, not %d", n, stream, want)
		}
	}
	if to == "faros" {
		if n := printed(t, heard); n != total {
			t.Errorf("the destination prints %d records, not %d", n, total)
		}
	}
}
