package replication

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
)

// TestAnotherOutputHasAnotherVersion: where this hash changes, so must
// OutputVersion, or a successor of another build would mix its bytes with those
// of its predecessor. Then write both down here.
func TestAnotherOutputHasAnotherVersion(t *testing.T) {
	known := map[int]string{1: "db753fa54d240fde"}
	d := newDesk(Config{
		Streams: []Stream{
			{Descriptor: airbyte.Descriptor{Name: "a"}, As: airbyte.Descriptor{Name: "a"}, Inject: true},
			{Descriptor: airbyte.Descriptor{Namespace: "n", Name: "b"}, As: airbyte.Descriptor{Namespace: "raw", Name: "to_b"}, Fields: []string{"id", "é"}},
		},
		SupportsRefreshes: true, Emitted: time.UnixMilli(1_700_000_000_000),
	})
	for i := range 50 {
		block := fmt.Sprintf(`{"type":"RECORD","record":{"stream":"a","data":{"id":%d}}}
{ "type":"RECORD", "record":{"stream":"b", "data":{"drop":[], "\u00e9":1.0,"id":%d,"also":{}}, "namespace":"n"} }
{"type":"RECORD","record":{"stream":"b","data":{}}}
plain %d
`, i, i, i)
		if i%7 == 3 {
			block += fmt.Sprintf(`{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"b","namespace":"n"},"stream_state":{"c":%d}},"sourceStats":{"recordCount":99}}}`+"\n", i)
		}
		if err := d.forwarder.block([]byte(block)); err != nil {
			t.Fatal(err)
		}
	}
	d.end()
	line, _, _ := bytes.Cut(d.remember(nil, nil), []byte{'\n'})
	sum := sha256.Sum256(append(d.run.in.Bytes(), line...))
	if got := hex.EncodeToString(sum[:8]); got != known[OutputVersion] {
		t.Errorf("version %d makes %s, known are %v", OutputVersion, got, known)
	}
}
