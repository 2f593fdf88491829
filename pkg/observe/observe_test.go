package observe_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/observe"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/sqlite"
)

// telemetry is what was measured and traced.
type telemetry struct {
	t      *testing.T
	reader *metric.ManualReader
	spans  *tracetest.InMemoryExporter
}

// newTelemetry sets the process's providers. Tests of this package do not run side
// by side.
func newTelemetry(t *testing.T) (*telemetry, *observe.Observer) {
	t.Helper()
	tm := &telemetry{t, metric.NewManualReader(), tracetest.NewInMemoryExporter()}
	meter, tracer := otel.GetMeterProvider(), otel.GetTracerProvider()
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(tm.reader)))
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(tm.spans)))
	t.Cleanup(func() { otel.SetMeterProvider(meter); otel.SetTracerProvider(tracer) })
	o, err := observe.New()
	if err != nil {
		t.Fatal(err)
	}
	return tm, o
}

// value gives a counter's or gauge's value, or a histogram's count, of the series
// with these attributes; -1 if there is none.
func (tm *telemetry) value(name string, attributes ...string) float64 {
	tm.t.Helper()
	var all metricdata.ResourceMetrics
	if err := tm.reader.Collect(context.Background(), &all); err != nil {
		tm.t.Fatal(err)
	}
	var set []attribute.KeyValue
	for i := 0; i < len(attributes); i += 2 {
		set = append(set, attribute.String(attributes[i], attributes[i+1]))
	}
	want := attribute.NewSet(set...)
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name == name {
				return point(m.Data, want)
			}
		}
	}
	return -1
}

func point(data metricdata.Aggregation, want attribute.Set) float64 {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			if p.Attributes.Equals(&want) {
				return float64(p.Value)
			}
		}
	case metricdata.Gauge[float64]:
		for _, p := range d.DataPoints {
			if p.Attributes.Equals(&want) {
				return p.Value
			}
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			if p.Attributes.Equals(&want) {
				return float64(p.Count)
			}
		}
	}
	return -1
}

func (tm *telemetry) want(value float64, name string, attributes ...string) {
	tm.t.Helper()
	if got := tm.value(name, attributes...); got != value {
		tm.t.Errorf("%s %v is %v, want %v", name, attributes, got, value)
	}
}

// tree gives each span's name with those above it.
func (tm *telemetry) tree() map[string]tracetest.SpanStub {
	all := tm.spans.GetSpans()
	byID := map[string]tracetest.SpanStub{}
	for _, s := range all {
		byID[s.SpanContext.SpanID().String()] = s
	}
	tree := map[string]tracetest.SpanStub{}
	for _, s := range all {
		name := s.Name
		for up, ok := byID[s.Parent.SpanID().String()]; ok; up, ok = byID[up.Parent.SpanID().String()] {
			name = up.Name + "/" + name
		}
		tree[name] = s
	}
	return tree
}

// playing is an engine that plays events.
type playing struct {
	events []engine.Event
	result engine.Result
	err    error
	during func(context.Context)
}

func (p *playing) Sync(ctx context.Context, req engine.Request) (engine.Result, error) {
	for _, e := range p.events {
		req.Observe(e)
		if p.during != nil && e.Kind == engine.Started {
			p.during(ctx)
		}
	}
	return p.result, p.err
}

func ledger(records int64) *replication.Ledger {
	return &replication.Ledger{Total: replication.Counts{Relayed: records, Bytes: 10 * records}}
}

var orders = engine.Request{Connection: &connection.Connection{Metadata: connection.Metadata{Namespace: "team", Name: "orders"}}, Key: "k"}

func ended(status store.Status) engine.Result {
	start := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	return engine.Result{Record: store.SyncRecord{ID: 7, Status: status, Started: start, Ended: start.Add(time.Minute)}}
}

func TestASyncIsMeasured(t *testing.T) {
	tm, o := newTelemetry(t)
	var seen int
	req := orders
	req.Observe = func(engine.Event) { seen++ }
	p := &playing{result: ended(store.Succeeded), events: []engine.Event{
		{Kind: engine.Preparing, Sync: 7, Attempt: 1},
		{Kind: engine.Started, Sync: 7, Attempt: 1},
		{Kind: engine.Progress, Ledger: ledger(3)},
		{Kind: engine.Ended, Status: store.Failed, Ledger: ledger(5)},
		{Kind: engine.Waiting},
		{Kind: engine.Preparing, Sync: 7, Attempt: 2},
		{Kind: engine.Started, Sync: 7, Attempt: 2},
		{Kind: engine.Progress, Ledger: ledger(4)},
		{Kind: engine.Ended, Status: store.Succeeded, Ledger: ledger(9)},
	}, during: func(context.Context) {
		tm.want(1, "knelt.sync.active")
		if age := tm.value("knelt.sync.checkpoint.age", "connection", "team/orders"); age < 0 || age > 60 {
			t.Errorf("the age of the checkpoint is %v", age)
		}
	}}
	if _, err := o.Engine(p).Sync(t.Context(), req); err != nil || seen != len(p.events) {
		t.Errorf("%v; the caller saw %d of %d events", err, seen, len(p.events))
	}
	tm.want(0, "knelt.sync.active")
	tm.want(-1, "knelt.sync.checkpoint.age", "connection", "team/orders")
	tm.want(14, "knelt.sync.records", "connection", "team/orders")
	tm.want(140, "knelt.sync.bytes", "connection", "team/orders")
	tm.want(1, "knelt.syncs", "connection", "team/orders", "outcome", "succeeded")
	tm.want(0, "knelt.syncs", "connection", "team/orders", "outcome", "failed")
	tm.want(1, "knelt.sync.attempts", "connection", "team/orders", "outcome", "failed")
	tm.want(1, "knelt.sync.attempts", "connection", "team/orders", "outcome", "succeeded")
	tm.want(1, "knelt.sync.duration", "outcome", "succeeded")
	tm.want(float64(p.result.Record.Ended.Unix()), "knelt.sync.ended.timestamp", "connection", "team/orders", "outcome", "succeeded")
}

func TestARelayCountsOnlyWhatItRelayed(t *testing.T) {
	tm, o := newTelemetry(t)
	r := ended(store.Running)
	r.Continued = true
	p := &playing{result: r, events: []engine.Event{
		{Kind: engine.Preparing, Sync: 7, Attempt: 1},
		{Kind: engine.Started, Resumed: true},
		{Kind: engine.Progress, Ledger: ledger(1000)},
		{Kind: engine.Progress, Ledger: ledger(1004)},
		{Kind: engine.Left, Ledger: ledger(1005)},
	}}
	if _, err := o.Engine(p).Sync(t.Context(), orders); err != nil {
		t.Fatal(err)
	}
	tm.want(5, "knelt.sync.records", "connection", "team/orders")
	tm.want(1, "knelt.sync.attachments", "connection", "team/orders")
	tm.want(1, "knelt.sync.continuations", "connection", "team/orders")
	tm.want(0, "knelt.syncs", "connection", "team/orders", "outcome", "succeeded")
	tm.want(0, "knelt.sync.attempts", "connection", "team/orders", "outcome", "succeeded")
}

// TestASyncThatIsHandedOverIsCountedOnce: its successor begins at a mark behind
// what was relayed, and its first ledger may be beyond that.
func TestASyncThatIsHandedOverIsCountedOnce(t *testing.T) {
	for name, first := range map[string]int64{"behind": 900, "beyond": 1200} {
		tm, o := newTelemetry(t)
		p := &playing{result: ended(store.Succeeded), events: []engine.Event{
			{Kind: engine.Preparing, Sync: 7, Attempt: 1},
			{Kind: engine.Started, Resumed: true, Ledger: ledger(1000)},
			{Kind: engine.Progress, Ledger: ledger(first)},
			{Kind: engine.Ended, Status: store.Succeeded, Ledger: ledger(1300)},
		}}
		if _, err := o.Engine(p).Sync(t.Context(), orders); err != nil {
			t.Fatal(err)
		}
		if got := tm.value("knelt.sync.records", "connection", "team/orders"); got != 300 {
			t.Errorf("first %s: %v records are counted", name, got)
		}
	}
}

func TestWhatIsAskedAgainIsNotCountedAgain(t *testing.T) {
	tm, o := newTelemetry(t)
	r := ended(store.Succeeded)
	r.Repeated = true
	for _, p := range []*playing{{result: r}, {err: &store.HeldError{}}} {
		_, err := o.Engine(p).Sync(t.Context(), orders)
		if !errors.Is(err, p.err) {
			t.Error(err)
		}
	}
	tm.want(-1, "knelt.syncs", "connection", "team/orders", "outcome", "succeeded")
	if s := tm.tree()["sync"]; s.Status.Code != codes.Error {
		t.Errorf("the span of a request that is held elsewhere has the status %v", s.Status)
	}
}

// pods is a runtime whose attachments fail.
type pods struct{ observe.Runtime }

func (pods) StartAt(context.Context, engine.Seat, connector.Connector, connector.Invocation) (engine.Attached, error) {
	return nil, nil
}

func (pods) Attach(context.Context, engine.Seat) (engine.Attached, error) {
	return nil, engine.ErrNoPod
}

// TestOneTraceHasTheSyncItsAttemptsPodsAndCheckpoints goes on with that of whoever
// asked.
func TestOneTraceHasTheSyncItsAttemptsPodsAndCheckpoints(t *testing.T) {
	tm, o := newTelemetry(t)
	kept, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := o.Store(kept)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	p := &playing{result: ended(store.Incomplete), events: []engine.Event{
		{Kind: engine.Preparing, Sync: 7, Attempt: 1}, {Kind: engine.Started}, {Kind: engine.Ended, Status: store.Incomplete, Ledger: ledger(2)},
	}, during: func(ctx context.Context) { workAt(ctx, t, s) }}
	ctx, asked := otel.Tracer("test").Start(t.Context(), "asked")
	if _, err := o.Engine(p).Sync(ctx, orders); err != nil {
		t.Fatal(err)
	}
	asked.End()
	tree := tm.tree()
	for _, name := range []string{
		"asked", "asked/sync", "asked/sync/attempt", "asked/sync/attempt/prepare", "asked/sync/lease acquire",
		"asked/sync/checkpoint", "asked/sync/pod start", "asked/sync/pod attach",
	} {
		span, ok := tree[name]
		if !ok {
			t.Errorf("there is no span %s in %v", name, keys(tree))
		}
		if span.SpanContext.TraceID() != asked.SpanContext().TraceID() {
			t.Errorf("%s is of another trace", name)
		}
	}
	for name, code := range map[string]codes.Code{"asked/sync/attempt": codes.Error, "asked/sync/pod attach": codes.Error, "asked/sync/pod start": codes.Unset} {
		if got := tree[name].Status.Code; got != code {
			t.Errorf("the status of %s is %v", name, got)
		}
	}
	tm.want(1, "knelt.checkpoints", "result", "saved")
	tm.want(1, "knelt.checkpoints", "result", "fenced")
	tm.want(1, "knelt.checkpoint.duration")
	tm.want(1, "knelt.lease.renewals", "result", "renewed")
	tm.want(1, "knelt.lease.renewals", "result", "fenced")
}

// workAt does what an engine does with its store and its pods.
func workAt(ctx context.Context, t *testing.T, s store.Store) {
	t.Helper()
	lease, err := s.Acquire(ctx, "team/orders", "me", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	position := []store.Position{{Kind: airbyte.LegacyState, State: json.RawMessage(`1`)}}
	apart := context.Background() // as the relay's saver does it
	if err := errors.Join(lease.SaveCheckpoint(apart, position), lease.Renew(ctx, time.Minute), lease.Release(ctx)); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{lease.SaveCheckpoint(ctx, position), lease.Renew(ctx, time.Minute)} {
		if !errors.Is(err, store.ErrFenced) {
			t.Errorf("after the release: %v", err)
		}
	}
	runtime := observe.Pods(pods{})
	if _, err := runtime.StartAt(ctx, engine.Seat{}, connector.Connector{}, connector.Invocation{Command: connector.Read}); err != nil {
		t.Error(err)
	}
	if _, err := runtime.Attach(ctx, engine.Seat{Command: connector.Read}); !errors.Is(err, engine.ErrNoPod) {
		t.Error(err)
	}
}

func keys(m map[string]tracetest.SpanStub) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	return names
}
