package host_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"knelt.dev/events"
	"knelt.dev/pkg/host"
)

var due = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func request(t *testing.T) event.Event {
	t.Helper()
	e, err := events.New(events.Origin{Source: events.FromAPI}, &events.SyncRequest{
		Run: events.Run{Connection: events.Ref{Namespace: "shop", Name: "orders"}, Due: due, Attempt: 1}, Reason: events.ByHand,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// syncing is a function as ours are: decode, do, encode.
func syncing(_ context.Context, e event.Event) (*event.Event, error) {
	p, err := events.Decode(e)
	if err != nil {
		return nil, err
	}
	r, ok := p.(*events.SyncRequest)
	if !ok {
		return nil, &events.UnknownTypeError{Type: e.Type(), Known: []string{events.SyncRequested}}
	}
	if r.Reason == events.BySchedule {
		return nil, nil
	}
	reply, err := events.New(events.Origin{Source: events.FromSync, Cause: &e}, &events.SyncResult{Run: r.Run, Outcome: events.Succeeded, Ended: due})
	return &reply, err
}

func function(h host.Handler) host.Function { return host.Function{Name: "sync", Handle: h} }

// TestTheSDKsClientIsUnderstood is the interoperation with the client that
// Knative itself is made with.
func TestTheSDKsClientIsUnderstoodAndUnderstandsReplies(t *testing.T) {
	s := serve(t, nil, function(syncing))
	for mode, with := range map[string]func(context.Context) context.Context{"binary": binding.WithForceBinary, "structured": binding.WithForceStructured} {
		transport := &http.Transport{}
		c, err := cloudevents.NewClientHTTP(cehttp.WithRoundTripper(transport))
		if err != nil {
			t.Fatal(err)
		}
		reply, result := c.Request(with(cloudevents.ContextWithTarget(t.Context(), s.url)), request(t))
		if !cloudevents.IsACK(result) || reply == nil {
			t.Fatalf("%s: %v, %v", mode, result, reply)
		}
		p, err := events.Decode(*reply)
		if err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		if got := p.(*events.SyncResult); got.Key() != "shop/orders/sync/2026-01-02T03:04:05Z/1" || got.Outcome != events.Succeeded {
			t.Errorf("%s: %+v", mode, got)
		}
		transport.CloseIdleConnections()
	}
}

const requestJSON = `{"connection":{"name":"orders"},"due":"2026-01-02T03:04:05Z","attempt":1,"reason":"REASON"}`

func binary(reason string) (contentType, body string, headers []string) {
	return "application/json", strings.Replace(requestJSON, "REASON", reason, 1),
		[]string{"ce-specversion", "1.0", "ce-id", "1", "ce-source", "/me", "ce-type", events.SyncRequested}
}

func structured(reason string) (contentType, body string) {
	return "application/cloudevents+json; charset=utf-8",
		`{"specversion":"1.0","id":"1","source":"/me","type":"` + events.SyncRequested + `","data":` + strings.Replace(requestJSON, "REASON", reason, 1) + `}`
}

func TestAReplyIsInTheModeOfTheRequest(t *testing.T) {
	s := serve(t, nil, function(syncing))
	c := client(t)
	contentType, body, headers := binary("manual")
	a := do(t, c, http.MethodPost, s.url, contentType, body, headers...)
	if a.status != 200 || a.header.Get("ce-type") != events.SyncSucceeded || a.header.Get("Content-Type") != "application/json" || !strings.HasPrefix(a.body, `{"connection"`) {
		t.Errorf("binary: %+v", a)
	}
	contentType, body = structured("manual")
	a = do(t, c, http.MethodPost, s.url, contentType, body)
	if a.status != 200 || a.header.Get("ce-type") != "" || a.header.Get("Content-Type") != "application/cloudevents+json" || !strings.Contains(a.body, `"type":"dev.knelt.sync.succeeded"`) {
		t.Errorf("structured: %+v", a)
	}
}

func TestWithoutAReplyTheAnswerIsEmpty(t *testing.T) {
	s := serve(t, nil, function(syncing))
	contentType, body, headers := binary("schedule")
	a := do(t, client(t), http.MethodPost, s.url, contentType, body, headers...)
	if a.status != http.StatusAccepted || a.body != "" || a.header.Get("ce-type") != "" {
		t.Errorf("%+v", a)
	}
}

// TestWhatIsNoEventIsRefusedForGood: none of the statuses makes Knative send it
// again.
func TestWhatIsNoEventIsRefusedForGood(t *testing.T) {
	s := serve(t, nil, function(syncing))
	c := client(t)
	good := []string{"ce-specversion", "1.0", "ce-id", "1", "ce-source", "/me", "ce-type", events.SyncRequested}
	with := func(changes ...string) []string { return append(append([]string{}, good...), changes...) }
	tests := map[string]struct {
		contentType, body string
		headers           []string
		status            int
		problem, detail   string
	}{
		"plain JSON":        {"application/json", `{}`, nil, 400, "undecodable", "no CloudEvent 1.0"},
		"nothing":           {"", "", nil, 400, "undecodable", "no CloudEvent 1.0"},
		"a batch":           {"application/cloudevents-batch+json", `[]`, nil, 415, "media-type", "batches"},
		"a binary batch":    {"application/cloudevents-batch+json", `[]`, good, 415, "media-type", "batches"},
		"protobuf":          {"application/cloudevents+protobuf", "\x0a\x01", nil, 415, "media-type", "cloudevents+json"},
		"broken structure":  {"application/cloudevents+json", `{"specversion":"1.0",`, nil, 400, "undecodable", "cannot be read"},
		"a list":            {"application/cloudevents+json", `[]`, nil, 400, "undecodable", ""},
		"no version":        {"application/cloudevents+json", `{"id":"1","type":"a","source":"b"}`, nil, 400, "undecodable", ""},
		"a newer version":   {"application/json", `{}`, with("ce-specversion", "2.0"), 400, "undecodable", ""},
		"no id":             {"application/json", `{}`, with("ce-id", ""), 400, "undecodable", ""},
		"a bad time":        {"application/json", `{}`, with("ce-time", "yesterday"), 400, "undecodable", ""},
		"a bad attribute":   {"application/json", `{}`, with("ce-a_b", "c"), 400, "undecodable", ""},
		"an empty name":     {"application/json", `{"a":1}`, with("ce-", "c"), 400, "undecodable", ""},
		"an unknown type":   {"application/json", `{}`, with("ce-type", "com.example.a"), 400, "unknown-type", events.SyncRequested},
		"a mistake in data": {"application/json", `{"due":"x"}`, good, 400, "undecodable", "mistakes"},
		"no JSON":           {"text/plain", `hello`, good, 400, "undecodable", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := do(t, c, http.MethodPost, s.url, test.contentType, test.body, test.headers...)
			p := problemOf(t, a)
			if a.status != test.status || p.Type != "https://knelt.dev/problems/"+test.problem || !strings.Contains(p.Detail, test.detail) {
				t.Errorf("%d %+v", a.status, p)
			}
			if retried(a.status) {
				t.Errorf("Knative would send it again: %d", a.status)
			}
		})
	}
}

// retried is Knative's rule (docs/http.md).
func retried(status int) bool {
	return status >= 500 || status == 404 || status == 408 || status == 409 || status == 429
}

func TestMistakesAreToldByTheirPointers(t *testing.T) {
	s := serve(t, nil, function(syncing))
	_, _, headers := binary("")
	a := do(t, client(t), http.MethodPost, s.url, "application/json", `{"connection":{"name":"orders"},"due":"x","attempt":0}`, headers...)
	var pointers []string
	for _, f := range problemOf(t, a).Errors {
		pointers = append(pointers, f.Pointer+" "+f.Detail)
	}
	want := "/data reason is missing|/data/attempt must be at least 1|/data/due must be a date-time (such as 2026-01-02T03:04:05Z)"
	if got := strings.Join(pointers, "|"); got != want {
		t.Errorf("%s", got)
	}
}

// TestAnEventIsTheHandlersOwn keeps events of many requests and compares them
// when Fiber has used its memory for others.
func TestWhatAHandlerGetsIsItsOwn(t *testing.T) {
	kept := make(chan event.Event, 1000)
	s := serve(t, nil, function(func(_ context.Context, e event.Event) (*event.Event, error) {
		kept <- e
		return nil, nil
	}))
	c := client(t)
	contentType, body, headers := binary("manual")
	for i := range 200 {
		id := strings.Repeat(string(rune('a'+i%26)), 50)
		a := do(t, c, http.MethodPost, s.url, contentType, strings.Replace(body, "orders", id, 1), append(headers, "ce-id", id, "ce-subject", id)...)
		if a.status != 202 {
			t.Fatalf("%+v", a)
		}
	}
	for i := range 200 {
		e := <-kept
		id := strings.Repeat(string(rune('a'+i%26)), 50)
		if e.ID() != id || e.Subject() != id || !strings.Contains(string(e.Data()), `"`+id+`"`) {
			t.Fatalf("event %d has become %s", i, e)
		}
	}
}

func TestTheTraceIsPassedOn(t *testing.T) {
	const own, hop = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-01"
	s := serve(t, nil, function(syncing))
	contentType, body, headers := binary("manual")
	a := do(t, client(t), http.MethodPost, s.url, contentType, body, append(headers, "ce-traceparent", own)...)
	if got := a.header.Get("ce-traceparent"); got != own {
		t.Errorf("traceparent %q, want the event's", got)
	}
	a = do(t, client(t), http.MethodPost, s.url, contentType, body, append(headers, "ce-traceparent", own, "traceparent", hop)...)
	if got := a.header.Get("ce-traceparent"); got != hop {
		t.Errorf("traceparent %q, want the hop's", got)
	}
	a = do(t, client(t), http.MethodPost, s.url, contentType, body, headers...)
	if got := a.header.Get("ce-traceparent"); got != "" {
		t.Errorf("traceparent %q out of nowhere", got)
	}
}

func TestABrokenReplyIsAFaultOfOurs(t *testing.T) {
	s := serve(t, nil, function(func(context.Context, event.Event) (*event.Event, error) {
		e := event.New() // no id, no source
		return &e, nil
	}))
	contentType, body, headers := binary("manual")
	if a := do(t, client(t), http.MethodPost, s.url, contentType, body, headers...); a.status != 500 || problemOf(t, a).Detail != "" {
		t.Errorf("%+v", a)
	}
}
