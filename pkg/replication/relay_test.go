package replication_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

func TestRecordsArriveByteForByteAndStatesBecomeCheckpoints(t *testing.T) {
	odd := `{ "record" : {"emitted_at":1700000000000.0,"data":{"type":"STATE","n":123456789012345678901234567890},"stream":"us\u0065rs","x":1} , "type":"RECORD","y":[1e400]}`
	var got strings.Builder
	r := trial{
		source: func(p *process) int {
			p.say(record("users", 1), "plain text", odd, streamState("users", 7))
			return 0
		},
		destination: echoStates(&got),
	}.run(t)
	if r.ledger.Outcome != store.Succeeded {
		t.Fatalf("outcome %s: %q\n%s", r.ledger.Outcome, r.ledger.Reasons, r.log)
	}
	want := record("users", 1) + "\n" + odd + "\n" +
		`{"type":"STATE","state":{"id":1,"sourceStats":{"recordCount":2.0},"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"cursor":7}}}}` + "\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
	kept := r.checkpoint.positions[airbyte.Descriptor{Name: "users"}]
	if want := `{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"cursor":7}}}`; kept != want {
		t.Errorf("checkpoint %s, want the source's own bytes %s", kept, want)
	}
}
