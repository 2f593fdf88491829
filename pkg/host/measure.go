package host

import (
	"context"
	"strconv"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// measure counts an exchange. The path is left out: it may hold names.
func (x *exchange) measure() {
	if x.quiet || x.host.duration == nil {
		return
	}
	x.host.duration.Record(x.host.base, time.Since(x.started).Seconds(), metric.WithAttributes(
		attribute.String("function", x.function), attribute.String("method", x.method), attribute.String("status", strconv.Itoa(x.status))))
}

// instruments makes the host's: the duration of requests, whose count is that of
// requests too, and how many are inside.
func (h *Host) instruments() error {
	meter := otel.Meter(scopeName)
	var err error
	h.duration, err = meter.Float64Histogram("knelt.function.request.duration",
		metric.WithUnit("s"), metric.WithDescription("How long requests took, by function, method and status."),
		metric.WithExplicitBucketBoundaries(.005, .01, .05, .1, .5, 1, 5, 10, 60, 300, 600))
	if err != nil {
		return err
	}
	_, err = meter.Int64ObservableGauge("knelt.function.requests.active",
		metric.WithDescription("Requests that are being handled."),
		metric.WithInt64Callback(h.observeActive))
	return err
}

func (h *Host) observeActive(_ context.Context, o metric.Int64Observer) error {
	o.Observe(int64(h.gate.count()))
	return nil
}
