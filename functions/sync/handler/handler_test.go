package handler_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"knelt.dev/events"
	"knelt.dev/functions/sync/handler"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/host"
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

// leaving is an engine whose sync is left when it is asked to.
func leaving(t *testing.T) fakeEngine {
	return func(ctx context.Context, req engine.Request) (engine.Result, error) {
		select {
		case <-req.Detach:
		case <-time.After(10 * time.Second):
			t.Error("nobody asked the engine to leave")
		}
		if ctx.Err() != nil {
			t.Error("the sync was killed rather than left")
		}
		return engine.Result{Record: record(store.Running, req.Key), Epoch: 4, Continued: true}, nil
	}
}

func TestASyncIsHandedOnShortlyBeforeItsTimeIsUp(t *testing.T) {
	next := &fakeSink{}
	h := &handler.Handler{Engine: leaving(t), Next: next, Replies: true, Leave: 10 * time.Second}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+50*time.Millisecond)
	defer cancel()
	r := request(t)
	reply, err := h.Handle(ctx, newEvent(t, &r))
	if err != nil {
		t.Fatal(err)
	}
	if reply.Type() != events.SyncContinued || reply.ID() != r.Key()+"/continued/4" || next.types() != "" {
		t.Errorf("the reply is %s, and sent was %q", reply.ID(), next.types())
	}
	p, err := events.Decode(*reply)
	if err != nil {
		t.Fatal(err)
	}
	reply2, err := h.Handle(ctx, newEvent(t, p))
	if err != nil {
		t.Fatal(err)
	}
	p, err = events.Decode(*reply2)
	if c, ok := p.(*events.SyncContinuation); err != nil || !ok || c.Continuation != 2 || c.Request.Documents == nil {
		t.Errorf("the continuation's continuation is %+v, %v", p, err)
	}
}

// TestASyncIsHandedOnMoreOftenThanABrokerCounts: the Broker drops what is a reply to
// a reply 255 times over.
func TestASyncIsHandedOnMoreOftenThanABrokerCounts(t *testing.T) {
	next := &fakeSink{}
	h := &handler.Handler{Engine: leaving(t), Next: next, Replies: true, Leave: time.Minute}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r := request(t)
	e, left := newEvent(t, &r), 255
	for round := 1; round <= 1000; round++ {
		sent := len(next.sent)
		reply, err := h.Handle(ctx, e)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case reply == nil && len(next.sent) == sent+1:
			e, left = next.sent[sent], 255
		case reply != nil && len(next.sent) == sent:
			e, left = *reply, left-1
		default:
			t.Fatalf("round %d: the reply is %v, and %d events were sent", round, reply, len(next.sent)-sent)
		}
		p, err := events.Decode(e)
		if c, ok := p.(*events.SyncContinuation); err != nil || !ok || c.Continuation != round || left == 0 {
			t.Fatalf("round %d: %+v, %v, and the Broker has counted to %d", round, p, err, left)
		}
	}
}

func TestWithoutABrokerContinuationsAreSent(t *testing.T) {
	next := &fakeSink{}
	h := &handler.Handler{Engine: leaving(t), Next: next}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	r := request(t)
	if _, err := h.Handle(ctx, newEvent(t, &r)); err != nil || next.types() != events.SyncContinued {
		t.Errorf("sent was %q, %v", next.types(), err)
	}
	next.err = errors.New("nobody there")
	if _, err := h.Handle(ctx, newEvent(t, &r)); !errors.Is(err, next.err) {
		t.Errorf("a continuation that could not be sent is %v: the request has to come again", err)
	}
}

func TestTheSinkIsToldOfTheStartOnce(t *testing.T) {
	sink := &fakeSink{}
	h := &handler.Handler{Sink: sink, Engine: fakeEngine(func(_ context.Context, req engine.Request) (engine.Result, error) {
		req.Observe(engine.Event{Kind: engine.Preparing, Sync: 7})
		req.Observe(engine.Event{Kind: engine.Started, Sync: 7, Epoch: 4})
		req.Observe(engine.Event{Kind: engine.Started, Sync: 7, Epoch: 5, Resumed: true})
		return engine.Result{Record: record(store.Succeeded, req.Key)}, nil
	})}
	r := request(t)
	if _, err := h.Handle(t.Context(), newEvent(t, &r)); err != nil || sink.types() != events.SyncStarted {
		t.Errorf("the sink was told %q, %v", sink.types(), err)
	}
}

// TestTheSinkIsToldInEveryMode: of the start, and of the end or the continuation
// where no answer brings it there.
func TestTheSinkIsToldInEveryMode(t *testing.T) {
	engines := map[string]fakeEngine{
		"ends": func(_ context.Context, req engine.Request) (engine.Result, error) {
			req.Observe(engine.Event{Kind: engine.Started, Sync: 7, Epoch: 4})
			return engine.Result{Record: record(store.Incomplete, req.Key)}, nil
		},
		"is left": func(_ context.Context, req engine.Request) (engine.Result, error) {
			req.Observe(engine.Event{Kind: engine.Started, Sync: 7, Epoch: 4})
			return engine.Result{Record: record(store.Running, req.Key), Epoch: 4, Continued: true}, nil
		},
	}
	// An event's reply goes to the broker, which is the sink. A Job that is left is
	// gone on with by its next pod, so nobody else may be told to.
	for mode, want := range map[string]string{
		"event, ends":     events.SyncStarted,
		"event, is left":  events.SyncStarted,
		"posted, ends":    events.SyncStarted + " " + events.SyncIncomplete,
		"posted, is left": events.SyncStarted + " " + events.SyncContinued,
		"async, ends":     events.SyncStarted + " " + events.SyncIncomplete,
		"async, is left":  events.SyncStarted + " " + events.SyncContinued,
		"job, ends":       events.SyncStarted + " " + events.SyncIncomplete,
		"job, is left":    events.SyncStarted,
	} {
		how, what, _ := strings.Cut(mode, ", ")
		sink := &fakeSink{}
		h := &handler.Handler{Engine: engines[what], Sink: sink, Next: sink, Replies: true}
		ask(t, h, how)
		h.Wait()
		if got := sink.types(); got != want {
			t.Errorf("%s: the sink was told %q, want %q", mode, got, want)
		}
	}
}

// ask has a handler carry out the same request in one of its modes.
func ask(t *testing.T, h *handler.Handler, how string) {
	t.Helper()
	r := request(t)
	var err error
	switch how {
	case "event":
		_, err = h.Handle(t.Context(), newEvent(t, &r))
	case "job":
		_, err = h.Job(t.Context(), file(t, newEvent(t, &r)))
	default:
		header := http.Header{"Content-Type": {"application/json"}}
		if how == "async" {
			header.Set("Prefer", "respond-async")
		}
		body, failed := json.Marshal(r)
		if failed != nil {
			t.Fatal(failed)
		}
		_, err = h.Function().Routes[0].Handle(t.Context(), &host.Call{Header: header, Body: body})
	}
	if err != nil {
		t.Errorf("%s: %v", how, err)
	}
}

// file writes an event as a JobSink does.
func file(t *testing.T, e event.Event) string {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "event")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWhatTheSinkIsToldBelongsToTheTrace of the span that tells it.
func TestWhatTheSinkIsToldBelongsToTheTrace(t *testing.T) {
	const asked = "0af7651916cd43dd8448eb211c80319c"
	sink := &fakeSink{}
	h := &handler.Handler{Sink: sink, Engine: fakeEngine(func(ctx context.Context, req engine.Request) (engine.Result, error) {
		if got := trace.SpanContextFromContext(ctx).TraceID().String(); got != asked {
			t.Errorf("the engine runs in trace %s", got)
		}
		req.Observe(engine.Event{Kind: engine.Started, Sync: 7, Epoch: 4})
		return engine.Result{Record: record(store.Succeeded, req.Key)}, nil
	})}
	r := request(t)
	e := newEvent(t, &r)
	e.SetExtension("traceparent", "00-"+asked+"-b7ad6b7169203331-01")
	if _, err := h.Job(t.Context(), file(t, e)); err != nil {
		t.Fatal(err)
	}
	if len(sink.sent) != 2 {
		t.Fatalf("sent were %d events", len(sink.sent))
	}
	for _, e := range sink.sent {
		if got, _ := e.Extensions()["traceparent"].(string); !strings.Contains(got, asked) {
			t.Errorf("%s belongs to the trace %q", e.Type(), got)
		}
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
