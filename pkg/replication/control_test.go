package replication_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

func configChanged(token string) string {
	return `{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1.25,"connectorConfig":{"config":{"refresh_token":"` + token + `"}}}}`
}

// TestAChangedConfigIsHandedOnAtOnceAndNeverLogged: before the source gets any
// further, each time, from both sides.
func TestAChangedConfigIsHandedOnAtOnceAndNeverLogged(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	kept := make(chan struct{}, 10)
	r := trial{
		source: func(p *process) int {
			p.say(configChanged("s3cret-1"))
			<-kept // the sync has long not ended
			p.say(record("users", 1), configChanged("s3cret-2"))
			<-kept
			p.say(`{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":"s3cret","connectorConfig":7}}`, `{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","s3cret`)
			return 0
		},
		destination: func(p *process) int {
			p.drain()
			p.say(configChanged("s3cret-3"))
			return 0
		},
		cfg: replication.Config{ConfigChanged: func(from replication.Origin, config json.RawMessage) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, fmt.Sprint(from, " ", string(config)))
			kept <- struct{}{}
		}},
	}.start(t).is(store.Succeeded).logs(false, "s3cret").logs(true, "is a CONTROL message that cannot be read")
	want := []string{`source {"refresh_token":"s3cret-1"}`, `source {"refresh_token":"s3cret-2"}`, `destination {"refresh_token":"s3cret-3"}`}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
	if text := fmt.Sprintf("%+v", r.ledger); strings.Contains(text, "s3cret") {
		t.Errorf("the ledger holds it: %s", text)
	}
}

// TestProgressIsTheLedgerSoFar and a copy.
func TestProgressIsTheLedgerSoFar(t *testing.T) {
	t.Parallel()
	step := make(chan struct{})
	var seen replication.Ledger
	trial{
		source: func(p *process) int {
			p.say(`{"type":"TRACE","trace":{"type":"ESTIMATE","emitted_at":1,"estimate":{"name":"users","type":"STREAM","row_estimate":12}}}`,
				record("users", 1), streamState("users", 1))
			<-step
			p.say(record("users", 2))
			return 0
		},
		destination: echoes(nil, countedBy("sourceStats")),
		during: func(r *replication.Relay, _ cancelFunc) {
			waitReturned(r, 1)
			seen = r.Progress()
			close(step)
		},
	}.start(t).is(store.Succeeded)
	s := seen.Streams[0]
	if seen.Outcome != store.Running || s.Relayed != 1 || *s.DestinationSaid != 1 || s.Estimate != 12 || seen.Total.Relayed != 1 || seen.Source.Exit != nil {
		t.Errorf("progress %+v", seen)
	}
}
