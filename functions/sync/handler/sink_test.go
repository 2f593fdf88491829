package handler_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"go.opentelemetry.io/otel/trace"

	"knelt.dev/events"
	"knelt.dev/functions/sync/handler"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/store"
)

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
