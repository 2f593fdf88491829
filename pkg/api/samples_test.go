package api

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

// sample gives the sample of a value's type as it travels.
func sample(t *testing.T, of any) []byte {
	t.Helper()
	for _, s := range samples() {
		if reflect.TypeOf(s) == reflect.TypeOf(of) {
			text, err := json.MarshalIndent(s, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			return append(text, '\n')
		}
	}
	t.Fatalf("there is no sample of %T", of)
	return nil
}

func at(clock string) time.Time {
	t, err := time.Parse(time.RFC3339, "2026-03-01T"+clock+"Z")
	if err != nil {
		panic(err)
	}
	return t
}

func n(i int64) *int64 { return &i }

var (
	users  = airbyte.Descriptor{Namespace: "public", Name: "users"}
	orders = airbyte.Descriptor{Namespace: "public", Name: "orders"}
)

func rows() []Connection {
	return []Connection{
		{
			Namespace: "shop", Name: "orders", Source: "shop-db", Destination: "lake", Status: Running, Schedule: "every 1h",
			Next: at("03:00:00"), Running: &RunningSync{ID: 42, Attempt: 2, Started: at("02:05:00.250")},
			Last: &LastSync{ID: 41, Status: Succeeded, Started: at("01:00:00"), Ended: at("01:04:10"), Records: 120_000, Bytes: 31_457_280},
		},
		{
			Namespace: "shop", Name: "users", Source: "shop-db", Destination: "lake", Status: Incomplete, Schedule: "0 2 * * * Europe/Berlin",
			Paused: true, PausedBy: PausedByAPI, FailuresInRow: 3,
			Last: &LastSync{
				ID: 7, Status: Incomplete, Started: at("01:00:00"), Ended: at("01:01:00"), Records: 998, Bytes: 130_000,
				Reasons: []string{"stream public.users: 1000 records of the source, 998 of the destination"},
			},
		},
		{Name: "new", Source: "gone", Destination: "lake", Status: Never, Schedule: "manual", Problem: `no Source "gone"`},
	}
}

func ledger() *replication.Ledger {
	counts := replication.Counts{
		Relayed: 1000, Bytes: 131_072, SourceSaid: n(1000), SourceCovered: 1000, DestinationSaid: n(998), Rejected: n(0), DestinationCovered: 1000,
		StatesSent: 4, StatesReturned: 4,
	}
	return &replication.Ledger{
		Outcome: store.Incomplete, Reasons: []string{"stream public.users: 1000 records of the source, 998 of the destination"},
		Notes: []string{"the source sent no estimate"},
		Streams: []replication.StreamLedger{{
			Stream: users, Counts: counts, Status: airbyte.Complete, Complete: true, Estimate: 1000,
			Reasons: []string{"1000 records of the source, 998 of the destination"},
		}},
		Total:       counts,
		Source:      replication.SideLedger{Exit: &connector.Exit{}, Lines: 1010, LogLines: 2, Bytes: 131_900},
		Destination: replication.SideLedger{Exit: &connector.Exit{Code: 137, Signal: "SIGKILL", OOM: true, Reason: "the kernel ended it for want of memory"}, Lines: 4, Bytes: 900, Errors: []replication.TraceError{{Message: "out of memory", FailureType: airbyte.SystemError, Stream: &users}}},
		Elapsed:     61 * time.Second,
	}
}

func syncRow() SyncRow {
	return SyncRow{
		ID: 42, Status: Incomplete, Kind: KindSync, Reason: "schedule", Due: at("02:00:00"), Started: at("02:00:01"), Ended: at("02:10:00"),
		AttemptCount: 2, Records: 1500, Bytes: 196_608, Reasons: ledger().Reasons,
	}
}

func samples() []any {
	state := json.RawMessage(`[{"type":"STREAM","stream":{"stream_descriptor":{"name":"users","namespace":"public"},"stream_state":{"cursor":"2026-03-01"}}}]`)
	config := json.RawMessage(`{"host":"***","port":"***","ssl":true,"password":"${secret:shop/password}"}`)
	entry := synclog.Entry{Time: at("02:00:02"), Level: synclog.Warn, Origin: synclog.Source, Output: synclog.Stdout, Message: "slow query", Fields: map[string]any{"seconds": 12}}
	resources := []Resource{{Namespace: "shop", Name: "shop-db", Connector: "ghcr.io/knelt/source-postgres:1", Config: config, UsedBy: []string{"shop/orders", "shop/users"}}}
	spec := json.RawMessage(`{"connectionSpecification":{"type":"object","required":["host"],"properties":{"host":{"type":"string"},"password":{"type":"string","airbyte_secret":true}}}}`)
	return []any{
		Page[Connection]{Items: rows(), Next: "c2hvcC91c2Vycw"},
		rows()[0],
		ConnectionDetail{
			Connection: rows()[0],
			Streams: []Stream{
				{Namespace: "public", Name: "orders", SyncMode: airbyte.Incremental, DestinationSyncMode: airbyte.AppendDedup, CursorField: []string{"updated_at"}, PrimaryKey: [][]string{{"id"}}, Selected: true, Generation: 1, State: true},
				{Namespace: "public", Name: "users"},
			},
			Spec: json.RawMessage(`{"source":"shop-db","destination":"lake","streams":[{"name":"orders","namespace":"public"}]}`),
			SchemaChange: &SchemaChange{
				Found: at("02:00:00"), Breaking: true,
				Changes: []StreamChange{{Stream: orders, Change: "changed", Fields: []FieldChange{{Path: []string{"updated_at"}, Change: "removed"}}}},
			},
		},
		State{State: state, Kind: airbyte.StreamState},
		Page[SyncRow]{Items: []SyncRow{syncRow()}, Next: "NDI"},
		SyncWish{Kind: KindSync, Refresh: []airbyte.Descriptor{users}},
		Accepted{Run: "shop/orders/sync/2026-03-01T02:05:00Z/1", Due: at("02:05:00")},
		Sync{SyncRow: syncRow(), Attempts: []Attempt{
			{Number: 1, Epoch: 11, Status: Failed, Due: at("02:00:00"), Started: at("02:00:01"), Ended: at("02:04:00"), Reasons: []string{"the source exited with code 1"}, Ledger: ledger()},
			{Number: 2, Epoch: 12, Status: Incomplete, Due: at("02:00:00"), Started: at("02:05:00"), Ended: at("02:10:00"), Reasons: ledger().Reasons, Relays: []Relay{{Epoch: 13, Holder: "sync-7/1/99/boot/1", At: at("02:07:00")}}, Ledger: ledger()},
		}},
		LogPage{Items: []synclog.Entry{entry}, Offset: 100, Next: 101},
		entry,
		Progress{ID: 42, Status: Running, Attempt: 2, Records: 1000, Bytes: 131_072, At: at("02:06:00"), Streams: []StreamProgress{{Stream: users, Read: 1000, Written: n(998), Bytes: 131_072, Estimate: 4000, Status: airbyte.Running}}},
		End{Status: Succeeded},
		Counts{Total: 10_000, Running: 12, Failed: 3, Incomplete: 2, Paused: 40, Succeeded24h: 9_900},
		Question{Resource: &ResourceName{Kind: "Source", Namespace: "shop", Name: "shop-db"}},
		CheckAnswer{Status: "FAILED", Message: "no route to host"},
		airbyte.StreamCatalog{Streams: []airbyte.Stream{{Name: "users", Namespace: "public", JSONSchema: json.RawMessage(`{"type":"object","properties":{"id":{"type":"integer"}}}`), SupportedSyncModes: []airbyte.SyncMode{airbyte.FullRefresh, airbyte.Incremental}, SourceDefinedPrimaryKey: [][]string{{"id"}}}}},
		spec,
		Page[Resource]{Items: resources},
		Version{Version: "v0.1.0", API: "v1"},
		Whoami{Name: "dashboard", Scopes: Run.Included()},
	}
}
