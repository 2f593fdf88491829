package handler_test

import (
	"context"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/functions/sync/handler"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/schemachange"
	"knelt.dev/pkg/store"
)

func TestAChangedSchemaIsToldAndPausesWhereItStopped(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		sink := &fakeSink{}
		change := &engine.SchemaChange{Stopped: stopped, Diff: schemachange.Diff{Streams: []schemachange.Stream{{
			Stream: airbyte.Descriptor{Name: "users"}, Change: schemachange.Changed, Breaking: []string{"its cursor id is gone"},
			Fields: []schemachange.Field{{Path: []string{"id"}, Change: schemachange.Removed, From: "integer", Of: "cursor"}},
		}}}}
		h := &handler.Handler{Sink: sink, Engine: fakeEngine(func(_ context.Context, req engine.Request) (engine.Result, error) {
			req.Observe(engine.Event{Kind: engine.SchemaChanged, Sync: 7, Schema: change})
			return engine.Result{Record: record(store.Failed, req.Key), SchemaChange: change}, nil
		})}
		r := request(t)
		reply, err := h.Handle(t.Context(), newEvent(t, &r))
		if err != nil || sink.types() != events.ConnectionSchemaChanged {
			t.Fatalf("the sink was told %q, %v", sink.types(), err)
		}
		told := decoded[*events.SchemaChange](t, sink.sent[0])
		if told.Sync != 7 || !told.Breaking || told.Stopped != stopped || told.Changes[0].Fields[0].Of != "cursor" || told.Changes[0].Breaking[0] != "its cursor id is gone" {
			t.Errorf("told %+v", told)
		}
		if sink.sent[0].ID() != "team/orders/sync/2026-03-01T02:00:00Z/1/schema_changed" {
			t.Errorf("the event's id is %s", sink.sent[0].ID())
		}
		if got := decoded[*events.SyncResult](t, *reply); (got.Pause != "") != stopped || stopped && !strings.Contains(got.Pause, "its cursor id is gone") {
			t.Errorf("stopped %t: pause is %q", stopped, got.Pause)
		}
	}
}

func decoded[P events.Payload](t *testing.T, e event.Event) P {
	t.Helper()
	p, err := events.Decode(e)
	if err != nil {
		t.Fatal(err)
	}
	return p.(P)
}
