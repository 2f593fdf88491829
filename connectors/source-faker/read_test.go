package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

func TestARowDependsOnSeedAndNumberAlone(t *testing.T) {
	few := dataOf(readWell(t, `{"count":10}`, catalogOf("users:incremental", "purchases:incremental"), ""))
	many := dataOf(readWell(t, `{"count":30,"records_per_state":7}`, catalogOf("users:full_refresh", "purchases:full_refresh"), ""))
	if len(few) != 30 || len(many) != 90 {
		t.Fatalf("%d and %d rows", len(few), len(many))
	}
	if !slices.Equal(few[:10], many[:10]) || !slices.Equal(few[10:], many[30:50]) {
		t.Error("the same rows differ with another count")
	}
	if other := dataOf(readWell(t, `{"count":10,"seed":1}`, catalogOf("users:incremental"), "")); slices.Equal(few[:10], other) {
		t.Error("another seed gives the same rows")
	}
}

func TestASecondIncrementalReadBringsTheNewRowsOnly(t *testing.T) {
	catalog := catalogOf("users:incremental", "products:incremental", "purchases:incremental")
	for _, kind := range []airbyte.StateKind{airbyte.StreamState, airbyte.GlobalState, airbyte.LegacyState} {
		config := func(count int) string { return fmt.Sprintf(`{"count":%d,"state_kind":%q}`, count, kind) }
		first := readWell(t, config(50), catalog, "")
		state := stateFileOf(t, first, kind)
		again := readWell(t, config(50), catalog, state)
		if rows := dataOf(again); len(rows) != 0 {
			t.Errorf("%s: %d rows were read twice", kind, len(rows))
		}
		more := dataOf(readWell(t, config(60), catalog, stateFileOf(t, again, kind)))
		all := dataOf(readWell(t, config(60), catalog, ""))
		if len(more) != 30 || !slices.Equal(more[:10], all[50:60]) || !slices.Equal(more[10:], all[260:]) {
			t.Errorf("%s: %d new rows, want the 10 users and 20 purchases", kind, len(more))
		}
	}
}

func TestAlwaysUpdatedReadsEverythingAgain(t *testing.T) {
	catalog := catalogOf("users:incremental")
	state := stateFileOf(t, readWell(t, `{"count":5}`, catalog, ""), airbyte.StreamState)
	if rows := dataOf(readWell(t, `{"count":5,"always_updated":true}`, catalog, state)); len(rows) != 5 {
		t.Errorf("%d rows, want all 5", len(rows))
	}
}

func TestAFailedReadIsResumedWhereItsStateSays(t *testing.T) {
	for _, mode := range []string{"incremental", "full_refresh"} {
		catalog := catalogOf("users:" + mode)
		failed := program.Run(t, kittest.Call{
			Command: "read", Catalog: catalog, Config: `{"count":100,"records_per_state":10,"fail_at":56,"fail_mode":"exit1"}`,
		})
		if failed.Code != 1 || len(dataOf(failed)) != 55 {
			t.Fatalf("%s: exit code %d after %d rows", mode, failed.Code, len(dataOf(failed)))
		}
		rest := dataOf(readWell(t, `{"count":100}`, catalog, stateFileOf(t, failed, airbyte.StreamState)))
		all := dataOf(readWell(t, `{"count":100}`, catalog, ""))
		if !slices.Equal(rest, all[50:]) {
			t.Errorf("%s: %d rows after the state, want the last 50", mode, len(rest))
		}
	}
}

func TestStatesCountTheRecordsSinceTheLastOfTheirStream(t *testing.T) {
	for _, kind := range []string{"STREAM", "GLOBAL", "LEGACY"} {
		r := readWell(t, `{"count":25,"records_per_state":10,"noise":["broken_record","blank"],"noise_every":3,"state_kind":"`+kind+`"}`,
			catalogOf("users:incremental", "products:full_refresh"), "")
		since := 0
		for _, m := range r.Messages() {
			switch m.Type {
			case airbyte.Record:
				since++
			case airbyte.State:
				if got := *m.State.SourceStats.RecordCount; int(got) != since {
					t.Errorf("%s: a state counts %v records, %d came", kind, got, since)
				}
				since = 0
			}
		}
		if since != 0 || !bytes.Contains(r.Stdout, []byte(`"recordCount":10.0`)) {
			t.Errorf("%s: %d records after the last state", kind, since)
		}
	}
}

func TestEveryStreamEndsWithAStateAndComplete(t *testing.T) {
	r := readWell(t, `{"count":0}`, catalogOf("users:incremental", "products:incremental"), "")
	var story []string
	for _, m := range r.Messages() {
		switch {
		case m.Trace != nil:
			story = append(story, string(m.Trace.StreamStatus.Status))
		case m.Type != airbyte.Record && m.Type != airbyte.Log:
			story = append(story, m.Type.String())
		}
	}
	if got := strings.Join(story, " "); got != "STARTED STATE COMPLETE STARTED RUNNING STATE COMPLETE" {
		t.Error(got)
	}
	if quiet := readWell(t, `{"statuses":false}`, catalogOf("users:incremental"), ""); len(quiet.Of(airbyte.Trace)) != 0 {
		t.Error("statuses in spite of statuses false")
	}
}

func TestRecordsHaveTheWantedSizeAndAreValid(t *testing.T) {
	for _, size := range []int{600, 1024, 200_000} {
		r := readWell(t, fmt.Sprintf(`{"count":20,"record_bytes":%d,"namespace":"n"}`, size), strings.ReplaceAll(
			catalogOf("users:full_refresh", "products:full_refresh", "purchases:full_refresh"), `"json_schema"`, `"namespace":"n","json_schema"`), "")
		records := 0
		for _, line := range r.Lines() {
			var e airbyte.Envelope
			if v := airbyte.Classify(line, &e); v != airbyte.ProtocolLine {
				t.Fatalf("a line is %d: %v", v, e.Problem)
			}
			if e.Type == airbyte.Record {
				records++
				if len(line)+1 != size {
					t.Fatalf("a record of %d bytes, want %d", len(line)+1, size)
				}
			}
		}
		if records != 160 {
			t.Errorf("%d records", records)
		}
	}
}

func TestTheCursorRisesByTheSecond(t *testing.T) {
	var c clock
	for _, n := range []int64{0, 1, 59, 3600, 86399, 86400, 86401, 60 * 86400, 5_000_000_000} {
		want := time.Unix(epoch+n, 0).UTC().Format(time.RFC3339)
		if got := string(c.append(nil, n)); got != want {
			t.Errorf("row %d: %s, want %s", n, got, want)
		}
		if back, err := rowAt(want); err != nil || back != n {
			t.Errorf("%s is row %d (%v), want %d", want, back, err, n)
		}
	}
}

func TestTheRateIsKept(t *testing.T) {
	start := time.Now()
	readWell(t, `{"count":60,"rate":200}`, catalogOf("users:full_refresh"), "")
	if took := time.Since(start); took < 250*time.Millisecond {
		t.Errorf("60 rows at 200 per second took %v", took)
	}
}

func TestUnknownStreamsAndForeignStatesAreConfigErrors(t *testing.T) {
	for want, call := range map[string]kittest.Call{
		"there is no stream people":   {Config: `{}`, Catalog: catalogOf("people:incremental")},
		"there is no stream products": {Config: `{"streams":["users"]}`, Catalog: catalogOf("products:incremental")},
		"not one of this source's": {
			Config: `{}`, Catalog: catalogOf("users:incremental"),
			State: `[{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":[1]}}]`,
		},
		"updated_at is no time": {
			Config: `{}`, Catalog: catalogOf("users:incremental"),
			State: `[{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"updated_at":"x"}}}]`,
		},
		"kinds of state are never mixed": {
			Config: `{}`, Catalog: catalogOf("users:incremental"),
			State: `[{"type":"GLOBAL","global":{"stream_states":[]}},{"data":{}}]`,
		},
	} {
		call.Command = "read"
		r := program.Run(t, call)
		errors := r.Of(airbyte.Trace)
		if r.Code != 1 || len(errors) != 1 || !strings.Contains(errors[0].Trace.Error.Message, want) {
			t.Errorf("want %q: %d %s", want, r.Code, r.Stdout)
		}
	}
}
