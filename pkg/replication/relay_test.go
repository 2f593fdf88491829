package replication_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"knelt.dev/pkg/store"
)

func TestRecordsArriveByteForByteAndStatesBecomeCheckpoints(t *testing.T) {
	t.Parallel()
	odd := `{ "record" : {"emitted_at":1700000000000.0,"data":{"type":"STATE","n":123456789012345678901234567890},"stream":"us\u0065rs","x":1} , "type":"RECORD","y":[1e400]}`
	var got strings.Builder
	r := trial{
		source:      says(0, record("users", 1), "plain text", odd, streamState("users", 7)),
		destination: echoes(&got, nil),
	}.start(t).is(store.Succeeded).keeps(body("users", 7)).logs(true, "source INFO plain text")
	want := record("users", 1) + "\n" + odd + "\n" +
		`{"type":"STATE","state":{"id":1,"sourceStats":{"recordCount":2.0},"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"cursor":7}}}}` + "\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
	if l := r.ledger.Streams[0]; l.Relayed != 2 || l.Bytes != int64(len(record("users", 1))+len(odd)+2) || l.StatesSent != 1 || l.StatesReturned != 1 {
		t.Errorf("ledger %+v", l)
	}
	read := len(record("users", 1)) + len("plain text") + len(odd) + len(streamState("users", 7)) + 4
	if s := r.ledger.Source; s.Bytes != int64(read) || s.Lines != 4 || s.LogLines != 1 {
		t.Errorf("the source's ledger %+v, want %d bytes in 4 lines", s, read)
	}
	if d := r.ledger.Destination; d.Lines != 1 || d.Bytes != int64(len(strings.Split(want, "\n")[2])+1) {
		t.Errorf("the destination's ledger %+v", d)
	}
}
