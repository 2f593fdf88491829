package handler_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"go.uber.org/goleak"

	"knelt.dev/events"
	"knelt.dev/functions/sync/handler"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeEngine is an engine as one function.
type fakeEngine func(ctx context.Context, req engine.Request) (engine.Result, error)

func (f fakeEngine) Sync(ctx context.Context, req engine.Request) (engine.Result, error) {
	return f(ctx, req)
}

type fakeSink struct {
	mu   sync.Mutex
	sent []event.Event
	err  error
}

func (s *fakeSink) Send(_ context.Context, e event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, e)
	return s.err
}

func (s *fakeSink) types() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var types []string
	for _, e := range s.sent {
		types = append(types, e.Type())
	}
	return strings.Join(types, " ")
}

type noDocuments struct{}

func (noDocuments) Get(context.Context, events.Ref) (*events.Documents, error) {
	return nil, store.ErrNotFound
}

func documents(t *testing.T) *events.Documents {
	t.Helper()
	set, err := connection.Read("docs", []byte(`
apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop, namespace: team}
spec: {connector: {image: shop:1}}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: lake, namespace: team}
spec: {connector: {image: lake:1}}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: orders, namespace: team}
spec: {source: shop, destination: lake}
`))
	if err != nil {
		t.Fatal(err)
	}
	return &events.Documents{Source: set.Sources["shop"], Destination: set.Destinations["lake"], Connection: set.Connections["orders"]}
}

var due = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)

func request(t *testing.T) events.SyncRequest {
	t.Helper()
	return events.SyncRequest{Run: events.Run{Due: due, Attempt: 1}, Reason: events.BySchedule, Documents: documents(t)}
}

func newEvent(t *testing.T, p events.Payload) event.Event {
	t.Helper()
	e, err := events.New(events.Origin{Source: events.FromScheduler}, p)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func record(status store.Status, key string) store.SyncRecord {
	return store.SyncRecord{ID: 7, Status: status, Started: due, Ended: due.Add(time.Minute), Attempts: []store.Attempt{
		{Number: 1, Request: key, Status: status, Reasons: reasons[status], Ledger: json.RawMessage(`{"total":{"statesReturned":3}}`)},
	}}
}

var reasons = map[store.Status][]string{store.Failed: {"the source failed: no such table"}}

func said(n int64) *int64 { return &n }

func TestAnEndedSyncIsAnsweredByItsLedger(t *testing.T) {
	h := &handler.Handler{Engine: fakeEngine(func(_ context.Context, req engine.Request) (engine.Result, error) {
		if req.Key != "team/orders/sync/2026-03-01T02:00:00Z/1" || req.Connection.Metadata.Key() != "team/orders" || req.Reset {
			t.Errorf("the engine was asked for %+v", req)
		}
		return engine.Result{Record: record(store.Succeeded, req.Key), Epoch: 4, Ledger: &replication.Ledger{
			Total: replication.Counts{Relayed: 5, SourceSaid: said(5), DestinationSaid: said(5), StatesSent: 3, StatesReturned: 3, Bytes: 99},
			Streams: []replication.StreamLedger{{
				Stream: airbyte.Descriptor{Name: "users"}, Complete: true, Status: "COMPLETE", Counts: replication.Counts{Relayed: 5},
			}},
		}}, nil
	})}
	r := request(t)
	cause := newEvent(t, &r)
	cause.SetExtension("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	reply, err := h.Handle(t.Context(), cause)
	if err != nil {
		t.Fatal(err)
	}
	p, err := events.Decode(*reply)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := p.(*events.SyncResult)
	if !ok || got.Sync != 7 || got.Total.Relayed != 5 || !got.CheckpointMoved || got.Failure != nil || len(got.Streams) != 1 {
		t.Errorf("the reply is %s: %+v", reply.Type(), p)
	}
	if reply.ID() != "team/orders/sync/2026-03-01T02:00:00Z/1/succeeded" || reply.Extensions()["traceparent"] == nil {
		t.Errorf("the reply is %v", reply)
	}
}

func TestAFailureHasItsKindAndTheConnectorsWords(t *testing.T) {
	for name, c := range map[string]struct {
		result engine.Result
		err    error
		kind   airbyte.FailureType
		says   string
	}{
		"by the connector": {
			result: engine.Result{Record: record(store.Failed, ""), Ledger: &replication.Ledger{
				Source: replication.SideLedger{Errors: []replication.TraceError{{Message: "quota", FailureType: airbyte.TransientError}}},
			}},
			kind: airbyte.TransientError, says: "quota",
		},
		"by the engine": {result: engine.Result{Record: record(store.Failed, "")}, kind: airbyte.SystemError, says: "no such table"},
		"to be mended":  {result: engine.Result{Record: record(store.Failed, ""), Mend: &engine.ConfigError{Err: errors.New("x")}}, kind: airbyte.ConfigError, says: "no such table"},
		"not a sync":    {err: &engine.ConfigError{Err: errors.New("secret db/password is not there")}, kind: airbyte.ConfigError, says: "db/password"},
	} {
		h := &handler.Handler{Engine: fakeEngine(func(context.Context, engine.Request) (engine.Result, error) { return c.result, c.err })}
		r := request(t)
		reply, err := h.Handle(t.Context(), newEvent(t, &r))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		p, err := events.Decode(*reply)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := p.(*events.SyncResult); got.Failure == nil || got.Failure.Type != c.kind || !strings.Contains(got.Failure.Message, c.says) || got.Outcome != events.Failed {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestARateLimitIsToldWithItsEnd(t *testing.T) {
	for quota, want := range map[int64]time.Time{
		0: {}, due.Add(time.Hour).UnixMilli(): due.Add(time.Hour), 1 << 62: time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC),
	} {
		h := &handler.Handler{Engine: fakeEngine(func(context.Context, engine.Request) (engine.Result, error) {
			return engine.Result{Record: record(store.Failed, ""), Ledger: &replication.Ledger{Source: replication.SideLedger{QuotaReset: quota}}}, nil
		})}
		r := request(t)
		reply, err := h.Handle(t.Context(), newEvent(t, &r))
		if err != nil {
			t.Fatal(err)
		}
		p, err := events.Decode(*reply)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.(*events.SyncResult).QuotaReset; !got.Equal(want) {
			t.Errorf("told is %s, want %s", got, want)
		}
	}
}

func TestWhatMayGoWellAnotherTimeIsAnError(t *testing.T) {
	held := &store.HeldError{Connection: "team/orders"}
	for _, want := range []error{held, store.ErrUnavailable} {
		h := &handler.Handler{Engine: fakeEngine(func(context.Context, engine.Request) (engine.Result, error) { return engine.Result{}, want })}
		r := request(t)
		if reply, err := h.Handle(t.Context(), newEvent(t, &r)); !errors.Is(err, want) || reply != nil {
			t.Errorf("got %v, %v; want %v", reply, err, want)
		}
	}
	h := &handler.Handler{Connections: noDocuments{}}
	r := request(t)
	r.Documents, r.Connection = nil, events.Ref{Name: "gone"}
	if _, err := h.Handle(t.Context(), newEvent(t, &r)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown connection is %v", err)
	}
}

func TestAJobTakesItsEventFromAFile(t *testing.T) {
	sink := &fakeSink{}
	h := &handler.Handler{Sink: sink, Engine: fakeEngine(func(_ context.Context, req engine.Request) (engine.Result, error) {
		return engine.Result{Record: record(store.Succeeded, req.Key)}, nil
	})}
	r := request(t)
	text, err := json.Marshal(newEvent(t, &r))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "event")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	told, err := h.Job(t.Context(), file)
	if result, ok := told.(*events.SyncResult); err != nil || !ok || result.Outcome != events.Succeeded || sink.types() != events.SyncSucceeded {
		t.Errorf("told %+v, %v; the sink %q", told, err, sink.types())
	}
	if err := os.WriteFile(file, []byte(`{"specversion":"1.0"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Job(t.Context(), file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("half an event is %v", err)
	}
}
