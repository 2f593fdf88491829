package events

import (
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/extensions"
	"github.com/cloudevents/sdk-go/v2/types"
)

// TraceCarrier reads and writes an event's trace by the distributed-tracing
// extension (attributes traceparent and tracestate of W3C Trace Context). It is
// a TextMapCarrier of OpenTelemetry, and knows no other keys.
type TraceCarrier struct{ Event *event.Event }

// Get gives an attribute of the trace; empty if there is none.
func (c TraceCarrier) Get(key string) string {
	if !traceKey(key) {
		return ""
	}
	value, err := types.ToString(c.Event.Extensions()[key])
	if err != nil {
		return ""
	}
	return value
}

// Set sets an attribute of the trace.
func (c TraceCarrier) Set(key, value string) {
	if traceKey(key) && value != "" {
		c.Event.SetExtension(key, value)
	}
}

// Keys are the attributes of the trace that the event has.
func (c TraceCarrier) Keys() []string {
	var keys []string
	for _, key := range []string{extensions.TraceParentExtension, extensions.TraceStateExtension} {
		if c.Get(key) != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

func traceKey(key string) bool {
	return key == extensions.TraceParentExtension || key == extensions.TraceStateExtension
}

// copyTrace makes an event part of the trace of the one that caused it.
func copyTrace(cause event.Event, e *event.Event) {
	from, to := TraceCarrier{&cause}, TraceCarrier{e}
	for _, key := range from.Keys() {
		to.Set(key, from.Get(key))
	}
}
