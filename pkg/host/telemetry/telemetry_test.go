package telemetry_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"go.opentelemetry.io/otel"
	metricscollector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"knelt.dev/pkg/host"
	"knelt.dev/pkg/host/telemetry"
)

func TestNothingIsTurnedOnUnasked(t *testing.T) {
	tracer, meter := otel.GetTracerProvider(), otel.GetMeterProvider()
	end, err := telemetry.Start(t.Context(), []string{"PATH=/bin", "KNELT_METRICS_PORT="}, "sync")
	if err != nil {
		t.Fatal(err)
	}
	if otel.GetTracerProvider() != tracer || otel.GetMeterProvider() != meter {
		t.Error("a provider was set")
	}
	if err := end(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestEitherOfTheTwoCanBeLeftOut(t *testing.T) {
	tracer, meter := otel.GetTracerProvider(), otel.GetMeterProvider()
	end, err := telemetry.Start(t.Context(), []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_TRACES_EXPORTER=none", "OTEL_METRICS_EXPORTER=none",
	}, "sync")
	if err != nil {
		t.Fatal(err)
	}
	if otel.GetTracerProvider() != tracer || otel.GetMeterProvider() != meter {
		t.Error("a provider was set")
	}
	if err := end(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAPortThatIsNoneIsAnError(t *testing.T) {
	if _, err := telemetry.Start(t.Context(), []string{"KNELT_METRICS_PORT=http:"}, "sync"); err == nil || !strings.Contains(err.Error(), "KNELT_METRICS_PORT") {
		t.Errorf("%v", err)
	}
}

const (
	traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	parent  = "00f067aa0ba902b7"
)

// TestRequestsAreTracedAndMeasured has a collector and a scraper of its own
// around a real host.
func TestRequestsAreTracedAndMeasured(t *testing.T) {
	spans, pushed := make(chan *trace.Span, 10), make(chan string, 100)
	collected := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { collect(t, r, spans, pushed) }))
	defer collected.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collected.URL)
	port := freePort(t)
	end, err := telemetry.Start(t.Context(), append(os.Environ(), "KNELT_METRICS_PORT="+port), "sync")
	if err != nil {
		t.Fatal(err)
	}

	url := serve(t)
	replies := [2]string{post(t, url, "binary"), post(t, url, "structured")}
	metrics := text(t, "http://127.0.0.1:"+port+"/metrics")
	for _, want := range []string{
		`knelt_function_request_duration_seconds_count{function="sync",method="POST",`, `status="200"} 2`,
		`knelt_function_requests_active{`, `go_goroutines `,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s:\n%s", want, metrics)
		}
	}
	if err := end(context.Background()); err != nil {
		t.Error(err)
	}
	close(spans)
	close(pushed)
	names := map[string]bool{}
	for name := range pushed {
		names[name] = true
	}
	if !names["knelt.function.request.duration"] {
		t.Errorf("pushed were only %v", names)
	}
	n := 0
	for s := range spans {
		if s.GetName() != "sync" || fmt.Sprintf("%x", s.GetTraceId()) != traceID || fmt.Sprintf("%x", s.GetParentSpanId()) != parent {
			t.Errorf("span %v", s)
		}
		if want := fmt.Sprintf("00-%s-%x-01", traceID, s.GetSpanId()); replies[n] != want {
			t.Errorf("the reply belongs to %s, the span is %s", replies[n], want)
		}
		if !strings.Contains(s.String(), "com.example.asked") {
			t.Errorf("the span does not name the event: %v", s)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d spans", n)
	}
}

func collect(t *testing.T, r *http.Request, spans chan<- *trace.Span, pushed chan<- string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	if r.URL.Path == "/v1/metrics" {
		collectMetrics(t, body, pushed)
		return
	}
	var got collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &got); err != nil {
		t.Error(err)
	}
	for _, rs := range got.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				spans <- s
			}
		}
	}
}

func collectMetrics(t *testing.T, body []byte, pushed chan<- string) {
	var got metricscollector.ExportMetricsServiceRequest
	if err := proto.Unmarshal(body, &got); err != nil {
		t.Error(err)
	}
	for _, rm := range got.GetResourceMetrics() {
		for _, sm := range rm.GetScopeMetrics() {
			for _, m := range sm.GetMetrics() {
				pushed <- m.GetName()
			}
		}
	}
}

// serve runs a host whose function answers each event.
func serve(t *testing.T) string {
	t.Helper()
	h, err := host.New(host.Default(), host.Function{Name: "sync", Handle: func(context.Context, event.Event) (*event.Event, error) {
		e := event.New()
		e.SetID("2")
		e.SetSource("/knelt/sync")
		e.SetType("com.example.answered")
		return &e, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.ServeOn(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// post sends an event of a trace and gives the trace of the reply.
func post(t *testing.T, url, mode string) string {
	t.Helper()
	traceparent := "00-" + traceID + "-" + parent + "-01"
	body := `{"specversion":"1.0","id":"1","source":"/me","type":"com.example.asked","traceparent":"` + traceparent + `"}`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/cloudevents+json")
	if mode == "binary" {
		request.Header = http.Header{"Content-Type": {"application/json"}, "Ce-Specversion": {"1.0"}, "Ce-Id": {"1"}, "Ce-Source": {"/me"}, "Ce-Type": {"com.example.asked"}, "Traceparent": {traceparent}}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, response.Body)
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("%d %s %v", response.StatusCode, answer, err)
	}
	if mode == "binary" {
		return response.Header.Get("ce-traceparent")
	}
	_, after, _ := strings.Cut(string(answer), `"traceparent":"`)
	value, _, _ := strings.Cut(after, `"`)
	return value
}

func text(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, response.Body)
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, l)
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// shut closes what a test has opened.
func shut(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
