package knative

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collected is an OpenTelemetry collector that pods reach, and what they sent it.
type collected struct {
	url string

	mu    sync.Mutex
	spans map[string]span // by id
}

// span is one of a trace.
type span struct {
	service, name, trace, id, parent string
	attributes                       map[string]string
	began, ended                     time.Time
}

func (s span) String() string {
	return fmt.Sprintf("%s/%s %s below %q, %s, %v", s.service, s.name, s.id, s.parent, s.ended.Sub(s.began).Round(time.Millisecond), s.attributes)
}

// collect takes what functions send by OTLP until the test ends.
func collect(t *testing.T) *collected {
	t.Helper()
	c := &collected{spans: map[string]span{}}
	c.url = serveOnNode(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1/traces" {
			return // who sends is asked for spans later
		}
		var got collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &got); err != nil {
			t.Errorf("what a function sent is no OTLP: %v", err)
			return
		}
		c.take(got.GetResourceSpans())
	}))
	return c
}

func (c *collected) take(all []*trace.ResourceSpans) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range all {
		service := attributes(of.GetResource().GetAttributes())["service.name"]
		for _, scope := range of.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				one := span{
					service: service, name: s.GetName(), trace: fmt.Sprintf("%x", s.GetTraceId()), id: fmt.Sprintf("%x", s.GetSpanId()),
					parent: fmt.Sprintf("%x", s.GetParentSpanId()), attributes: attributes(s.GetAttributes()),
					began: time.Unix(0, int64(s.GetStartTimeUnixNano())), ended: time.Unix(0, int64(s.GetEndTimeUnixNano())),
				}
				c.spans[one.id] = one
			}
		}
	}
}

func attributes(all []*common.KeyValue) map[string]string {
	m := map[string]string{}
	for _, a := range all {
		switch v := a.GetValue().GetValue().(type) {
		case *common.AnyValue_StringValue:
			m[a.GetKey()] = v.StringValue
		default:
			m[a.GetKey()] = a.GetValue().String()
		}
	}
	return m
}

// that gives the spans of which something is true, in the order they began.
func (c *collected) that(is func(span) bool) []span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var some []span
	for _, s := range c.spans {
		if is(s) {
			some = append(some, s)
		}
	}
	slices.SortFunc(some, func(a, b span) int { return a.began.Compare(b.began) })
	return some
}

// way gives the names of a span and of those above it, the topmost first:
// "scheduler/scheduler sync/sync ...".
func (c *collected) way(s span) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := []string{s.service + "/" + s.name}
	for s.parent != "" {
		up, known := c.spans[s.parent]
		if !known {
			names = append(names, "?")
			break
		}
		s = up
		names = append(names, s.service+"/"+s.name)
	}
	slices.Reverse(names)
	return strings.Join(names, " ")
}
