package observe

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// instruments are what is measured. Counters have the connection, histograms do
// not: they have a series per bucket.
type instruments struct {
	syncs, attempts, records, bytes       metric.Int64Counter
	continuations, attachments            metric.Int64Counter
	checkpoints, renewals                 metric.Int64Counter
	duration, checkpointTime, renewalTime metric.Float64Histogram
	active                                metric.Int64UpDownCounter
}

func (o *Observer) make(m metric.Meter) error {
	var all []error
	counter := func(to *metric.Int64Counter, name, unit, about string) {
		c, err := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(about))
		*to, all = c, append(all, err)
	}
	counter(&o.syncs, "knelt.syncs", "", "Requests for a sync that were carried out, by how they ended.")
	counter(&o.attempts, "knelt.sync.attempts", "", "Attempts at syncs, by how they ended.")
	counter(&o.records, "knelt.sync.records", "", "Records relayed to destinations.")
	counter(&o.bytes, "knelt.sync.bytes", "By", "Bytes of the lines relayed to destinations.")
	counter(&o.continuations, "knelt.sync.continuations", "", "Syncs that were handed to the next invocation.")
	counter(&o.attachments, "knelt.sync.attachments", "", "Attempts that were gone on with at connectors another process had started.")
	counter(&o.checkpoints, "knelt.checkpoints", "", "Positions made durable, by result: saved, fenced, failed.")
	counter(&o.renewals, "knelt.lease.renewals", "", "Renewals of leases, by result: renewed, fenced, failed.")

	histogram := func(to *metric.Float64Histogram, name, about string, bounds ...float64) {
		h, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(about), metric.WithExplicitBucketBoundaries(bounds...))
		*to, all = h, append(all, err)
	}
	histogram(&o.duration, "knelt.sync.duration", "How long syncs took from their start to their end, over all attempts and invocations.",
		1, 5, 15, 60, 300, 900, 3600, 14400, 86400)
	quick := []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}
	histogram(&o.checkpointTime, "knelt.checkpoint.duration", "How long the store took to make positions durable.", quick...)
	histogram(&o.renewalTime, "knelt.lease.renewal.duration", "How long the store took to renew a lease.", quick...)

	active, err := m.Int64UpDownCounter("knelt.sync.active", metric.WithDescription("Syncs that this process is running."))
	o.active = active
	return errors.Join(append(all, err, o.gauges(m))...)
}

// gauges are asked for when somebody looks.
func (o *Observer) gauges(m metric.Meter) error {
	_, first := m.Float64ObservableGauge("knelt.sync.checkpoint.age", metric.WithUnit("s"),
		metric.WithDescription("How long ago the position of a running sync became durable, or the sync came to this process."),
		metric.WithFloat64Callback(o.ages))
	_, second := m.Float64ObservableGauge("knelt.sync.ended.timestamp", metric.WithUnit("s"),
		metric.WithDescription("When this process last ended a sync of a connection, by how it ended; seconds since 1970."),
		metric.WithFloat64Callback(o.endings))
	return errors.Join(first, second)
}

func (o *Observer) ages(_ context.Context, to metric.Float64Observer) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for connection, r := range o.running {
		to.Observe(time.Since(r.position).Seconds(), with(connectionIs(connection)))
	}
	return nil
}

func (o *Observer) endings(_ context.Context, to metric.Float64Observer) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for of, at := range o.ended {
		to.Observe(float64(at.UnixMilli())/1e3, with(connectionIs(of.connection), outcomeIs(of.outcome)))
	}
	return nil
}
