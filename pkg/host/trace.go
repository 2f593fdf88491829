package host

import (
	"context"

	"github.com/cloudevents/sdk-go/v2/event"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"knelt.dev/events"
)

const scopeName = "knelt.dev/pkg/host"

var traceContext propagation.TraceContext

// span is the trace's part of one exchange.
type span struct{ trace.Span }

// startSpan goes on with the trace of a request: its HTTP header, which every
// hop renews, else the event's own attributes. Without an SDK (package
// telemetry) it costs next to nothing, and the trace is passed on all the same.
func (x *exchange) startSpan(in *Call, m message) (context.Context, span) {
	ctx := traceContext.Extract(x.host.base, propagation.HeaderCarrier(in.Header))
	if !trace.SpanContextFromContext(ctx).IsValid() && m.event != nil {
		ctx = traceContext.Extract(ctx, events.TraceCarrier{Event: m.event})
	}
	ctx, s := otel.Tracer(scopeName).Start(ctx, x.function, trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", x.method), attribute.String("url.path", x.path), attribute.String("knelt.request", x.id)))
	return ctx, span{s}
}

// end tells how the exchange ended.
func (s span) end(x *exchange, err error) {
	s.SetAttributes(attribute.Int("http.response.status_code", x.status))
	for i := 0; i+1 < len(x.attrs); i += 2 {
		key, _ := x.attrs[i].(string)
		value, _ := x.attrs[i+1].(string)
		s.SetAttributes(attribute.String("cloudevents."+key, value))
	}
	if err != nil && x.status >= 500 {
		s.SetStatus(codes.Error, string(classify(context.Background(), err).Cause))
	}
	s.End()
	x.measure()
}

// GoOn gives a context that goes on with the trace of an event, for those that come
// by other ways than requests.
func GoOn(ctx context.Context, e *event.Event) context.Context {
	return traceContext.Extract(ctx, events.TraceCarrier{Event: e})
}

// Trace makes an event that a handler sends by itself part of the trace of what it
// handles, if there is one. It is for events made by events.New, which have gone on
// with the trace of their cause.
func Trace(ctx context.Context, e *event.Event) {
	if trace.SpanContextFromContext(ctx).IsValid() {
		traceContext.Inject(ctx, events.TraceCarrier{Event: e})
	}
}

// traced makes a reply part of the trace: of the span, if there is one, else of
// the event that caused it, unless the handler has said otherwise.
func traced(ctx context.Context, cause, reply event.Event) event.Event {
	to := events.TraceCarrier{Event: &reply}
	if trace.SpanContextFromContext(ctx).IsValid() {
		traceContext.Inject(ctx, to)
		return reply
	}
	if len(to.Keys()) == 0 {
		from := events.TraceCarrier{Event: &cause}
		for _, key := range from.Keys() {
			to.Set(key, from.Get(key))
		}
	}
	return reply
}
