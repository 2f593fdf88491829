package airbyte_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares what was written with testdata/NAME.golden.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s\n got %s\nwant %s", path, got, want)
	}
}

func TestEveryMessageIsWrittenInTheProtocolsCasing(t *testing.T) {
	for name, m := range goldenMessages() {
		t.Run(name, func(t *testing.T) {
			line, err := airbyte.AppendLine(nil, m)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, line)
			checkAgainstProtocol(t, "AirbyteMessage", line)
			back, err := airbyte.Decode(line)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(back, m) {
				t.Errorf("decoded again it is\n%+v, want\n%+v", back, m)
			}
		})
	}
}

func TestEveryTypeHasAGolden(t *testing.T) {
	seen := map[airbyte.Type]bool{}
	for _, m := range goldenMessages() {
		seen[m.Type] = true
	}
	for typ := airbyte.Record; typ <= airbyte.DestinationCatalog; typ++ {
		if !seen[typ] {
			t.Errorf("no golden for %s", typ)
		}
	}
}

func TestConfiguredCatalogAlwaysHasItsThreeIDs(t *testing.T) {
	catalog := &airbyte.ConfiguredCatalog{Streams: []airbyte.ConfiguredStream{
		{
			Stream:   airbyte.Stream{Name: "users", SupportedSyncModes: []airbyte.SyncMode{airbyte.FullRefresh}},
			SyncMode: airbyte.FullRefresh, DestinationSyncMode: airbyte.Append,
		},
		fullConfiguredStream(),
	}}
	written, err := airbyte.Marshal(catalog)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "configured_catalog", written)
	checkAgainstProtocol(t, "ConfiguredAirbyteCatalog", written)
	for _, id := range []string{"generation_id", "minimum_generation_id", "sync_id"} {
		if n := strings.Count(string(written), `"`+id+`":0`); n != 1 {
			t.Errorf("%s of 0 is written %d times, want once", id, n)
		}
	}
	viaJSON, err := json.Marshal(catalog)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(viaJSON, written) {
		t.Errorf("json.Marshal writes something else: %s", viaJSON)
	}
}

func fullConfiguredStream() airbyte.ConfiguredStream {
	return airbyte.ConfiguredStream{
		Stream: fullStream(), SyncMode: airbyte.Incremental, CursorField: []string{"updated_at"},
		DestinationSyncMode: airbyte.AppendDedup, PrimaryKey: [][]string{{"id"}, {"shop", "id"}},
		DestinationObjectName: "User", GenerationID: 7, MinimumGenerationID: 7, SyncID: 1 << 60,
		IncludeFiles: true,
	}
}

func fullStream() airbyte.Stream {
	return airbyte.Stream{
		Name: "users", Namespace: "public", JSONSchema: json.RawMessage(`{"type":"object"}`),
		SupportedSyncModes:  []airbyte.SyncMode{airbyte.FullRefresh, airbyte.Incremental},
		SourceDefinedCursor: true, DefaultCursorField: []string{"updated_at"},
		SourceDefinedPrimaryKey: [][]string{{"id"}}, IsResumable: true, IsFileBased: true,
	}
}
