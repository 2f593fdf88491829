package events

import (
	"encoding/json"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
)

var (
	due     = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	started = due.Add(1500 * time.Millisecond)
	ended   = due.Add(time.Minute)
	orders  = Ref{Namespace: "shop", Name: "orders-to-lake"}
	users   = airbyte.Descriptor{Namespace: "public", Name: "users"}
)

func run() Run { return Run{Connection: orders, Due: due, Attempt: 1} }

func n(i int64) *int64 { return &i }

func documents(t *testing.T) *Documents {
	t.Helper()
	set, err := connection.Read("sample", []byte(documentsYAML))
	if err != nil {
		t.Fatal(err)
	}
	return &Documents{Source: set.Sources["orders"], Destination: set.Destinations["lake"], Connection: set.Connections["orders-to-lake"]}
}

const documentsYAML = `
apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {namespace: shop, name: orders}
spec:
  connector: {image: "example.com/source-orders:1", env: {TOKEN: "${env:KNELT_EVENTS_TEST_TOKEN}"}}
  config: {user: reader, password: "${secret:orders/password}", rows: 9007199254740993}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {namespace: shop, name: lake}
spec:
  connector: {image: "example.com/destination-lake:1"}
  config: {key: "${file:/var/run/secrets/lake}"}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {namespace: shop, name: orders-to-lake}
spec: {source: orders, destination: lake}
`

// samples has payloads of every type of event, by the names of their goldens.
func samples(t *testing.T) map[string]Payload {
	t.Helper()
	docs := documents(t)
	request := SyncRequest{Run: run(), Reason: BySchedule}
	reset := Run{Connection: orders, Due: due, Attempt: 2, Kind: Reset}
	source := Asked{Resource: Resource{SourceKind, "shop", "orders"}, Due: due, Attempt: 1}
	counts := Counts{SourceSaid: n(1000), Relayed: 1000, DestinationSaid: n(990), Rejected: n(10), Bytes: 260000, StatesSent: 1, StatesReturned: 1}
	return map[string]Payload{
		"sync.requested":           &SyncRequest{Run: run(), Reason: BySchedule},
		"sync.requested-reset":     &SyncRequest{Run: reset, Reason: ByHand, Refresh: []airbyte.Descriptor{users, {Name: "carts"}}},
		"sync.requested-documents": &SyncRequest{Run: Run{Due: due, Attempt: 1}, Reason: ByHand, Documents: docs},
		"sync.started":             &SyncStart{Run: run(), Sync: 7, Epoch: 3, Started: started},
		"sync.continued":           &SyncContinuation{Request: request, Sync: 7, Continuation: 2, Epoch: 4},
		"sync.succeeded": &SyncResult{
			Run: run(), Sync: 7, Attempts: 1, Continuations: 2, Outcome: Succeeded, CheckpointMoved: true, Started: started, Ended: ended,
			Total: counts, Streams: []StreamResult{{Stream: users, Counts: counts, Status: airbyte.Complete, Complete: true}},
		},
		"sync.incomplete": &SyncResult{
			Run: run(), Sync: 7, Attempts: 2, Outcome: Incomplete, Reasons: []string{"stream public.users: the source says 1,000 records, 999 were relayed"},
			CheckpointMoved: true, Started: started, Ended: ended, Total: counts,
			Streams: []StreamResult{
				{Stream: airbyte.Descriptor{Name: "carts"}, Status: airbyte.Complete, Complete: true},
				{Stream: users, Counts: counts, Status: airbyte.Running, Reasons: []string{"the source says 1,000 records, 999 were relayed"}},
			},
		},
		"sync.failed": &SyncResult{
			Run: run(), Outcome: Failed, Reasons: []string{"the source exited with code 1"}, Ended: ended,
			Failure: &Failure{Type: airbyte.TransientError, Message: "the database closed the connection", Stream: &users},
		},
		"sync.cancelled":     &SyncResult{Run: run(), Sync: 7, Attempts: 1, Outcome: Cancelled, Reasons: []string{"cancelled"}, Started: started, Ended: ended},
		"check.requested":    &CheckRequest{Question{Asked: source}},
		"check.succeeded":    &CheckResult{Asked: source, Started: started, Ended: ended},
		"check.failed":       &CheckResult{Asked: source, Failure: &Failure{Type: airbyte.ConfigError, Message: "no such database"}, Started: started, Ended: ended},
		"discover.requested": &DiscoverRequest{Question{Asked: Asked{Due: due, Attempt: 1}, Document: &Document{Source: docs.Source}}},
		"discover.succeeded": &DiscoverResult{Asked: source, Streams: 1, Catalog: json.RawMessage(`{"streams":[{"name":"users","json_schema":{},"Name":1}]}`), Started: started, Ended: ended},
		"discover.failed":    &DiscoverResult{Asked: source, Failure: &Failure{Type: airbyte.SystemError, Message: "killed"}, Ended: ended},
		"connection.schema_changed": &SchemaChange{
			Run: run(), Sync: 7, Breaking: true, Changes: []StreamChange{
				{
					Stream: users, Change: Changed, Notes: []string{"the source's primary key is id, was none"}, Breaking: []string{"its cursor updated_at is gone"},
					Fields: []FieldChange{
						{Path: []string{"address", "zip"}, Change: Changed, From: "string", To: "integer"},
						{Path: []string{"updated_at"}, Change: Removed, From: "string (date-time)", Of: "cursor"},
					},
				},
				{Stream: airbyte.Descriptor{Name: "carts"}, Change: Added},
			},
		},
	}
}
