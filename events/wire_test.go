package events

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/go-cmp/cmp"
)

const (
	parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	state  = "vendor=1"
)

// cause is an event of a trace.
func cause() *event.Event {
	e := event.New()
	TraceCarrier{&e}.Set("traceparent", parent)
	TraceCarrier{&e}.Set("tracestate", state)
	return &e
}

func made(t *testing.T, p Payload) event.Event {
	t.Helper()
	e, err := New(Origin{Source: FromSync, Time: ended, Cause: cause()}, p)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEveryTypeOfEventHasASample(t *testing.T) {
	missing := Types()
	for name, p := range samples(t) {
		e := made(t, p)
		missing = slices.DeleteFunc(missing, func(s string) bool { return s == e.Type() })
		if !strings.HasPrefix("dev.knelt."+name, e.Type()) {
			t.Errorf("%s is a %s", name, e.Type())
		}
	}
	if len(missing) > 0 {
		t.Errorf("no sample of %v", missing)
	}
}

func TestPayloadsAreTheGoldens(t *testing.T) {
	for name, p := range samples(t) {
		var text bytes.Buffer
		if err := json.Indent(&text, made(t, p).Data(), "", "  "); err != nil {
			t.Fatal(err)
		}
		golden(t, "testdata/payloads/"+name+".json", append(text.Bytes(), '\n'))
	}
}

// TestEventsOnTheWire compares whole HTTP requests with goldens, and reads each
// back.
func TestEventsOnTheWireAreTheGoldensAndComeBack(t *testing.T) {
	for mode, with := range map[string]func(context.Context) context.Context{"binary": binding.WithForceBinary, "structured": binding.WithForceStructured} {
		for name, p := range samples(t) {
			e := made(t, p)
			request := onTheWire(with(t.Context()), t, e)
			golden(t, "testdata/wire/"+name+"."+mode+".http", dump(t, request))
			back, err := cehttp.NewEventFromHTTPRequest(request)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, mode, err)
			}
			got, err := Decode(*back)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, mode, err)
			}
			if diff := cmp.Diff(asJSON(t, p), asJSON(t, got)); diff != "" {
				t.Errorf("%s, %s came back changed (-sent +got):\n%s", name, mode, diff)
			}
		}
	}
}

func onTheWire(ctx context.Context, t *testing.T, e event.Event) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sync.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := cehttp.WriteRequest(ctx, binding.ToMessage(&e), request); err != nil {
		t.Fatal(err)
	}
	return request
}

// dump writes a request with its headers sorted, and leaves its body to be read.
func dump(t *testing.T, r *http.Request) []byte {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var lines []string
	for name, values := range r.Header {
		lines = append(lines, name+": "+strings.Join(values, ", "))
	}
	slices.Sort(lines)
	return fmt.Appendf(nil, "%s %s\n%s\n\n%s\n", r.Method, r.URL.Path, strings.Join(lines, "\n"), body)
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
