package sink_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/functions/internal/sink"
)

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func traced(t *testing.T) event.Event {
	t.Helper()
	e := event.New()
	e.SetID("1")
	e.SetSource("/knelt/sync")
	e.SetType("dev.knelt.sync.continued")
	e.SetExtension("traceparent", traceparent)
	if err := e.SetData(event.ApplicationJSON, map[string]int{"sync": 1}); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestATraceGoesOnBehindASink: in the event's attribute, and in the header where
// only the data is posted.
func TestATraceGoesOnBehindASink(t *testing.T) {
	got := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	broker, err := sink.NewBroker(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := broker.Send(t.Context(), traced(t)); err != nil {
		t.Fatal(err)
	}
	if h := <-got; h.Get("Ce-Traceparent") != traceparent {
		t.Errorf("the broker got %v", h)
	}
	if err := (sink.Self{URL: server.URL}).Send(t.Context(), traced(t)); err != nil {
		t.Fatal(err)
	}
	if h := <-got; h.Get("Traceparent") != traceparent || !strings.HasPrefix(h.Get("Content-Type"), "application/json") {
		t.Errorf("the next instance got %v", h)
	}
}
