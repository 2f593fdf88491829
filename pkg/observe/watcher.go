package observe

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// watcher follows one sync by the engine's events, which come one at a time.
type watcher struct {
	observer   *Observer
	ctx        context.Context
	connection string
	next       func(engine.Event)

	began   bool
	attempt trace.Span // of the attempt under way; nil: none
	phase   trace.Span // until its connectors run
	counted replication.Counts
	// joined tells that what other processes relayed is in the ledger, too.
	joined bool
}

func (w *watcher) observe(e engine.Event) {
	switch e.Kind {
	case engine.Preparing:
		w.prepare(e)
	case engine.Started:
		w.start(e)
	case engine.Progress:
		w.count(e.Ledger)
	case engine.Ended:
		w.count(e.Ledger)
		w.observer.attempts.Add(w.ctx, 1, with(connectionIs(w.connection), outcomeIs(string(e.Status))))
		w.leave(string(e.Status), e.Status == store.Failed || e.Status == store.Incomplete)
	case engine.Left:
		w.count(e.Ledger)
		w.leave("left", false)
	case engine.Waiting, engine.Warning:
	}
	if w.next != nil {
		w.next(e)
	}
}

func (w *watcher) prepare(e engine.Event) {
	if !w.began {
		w.began = true
		w.observer.begin(w.ctx, w.connection)
	}
	w.counted, w.joined = replication.Counts{}, false
	var ctx context.Context
	ctx, w.attempt = tracer().Start(w.ctx, "attempt", trace.WithAttributes(
		attribute.Int64("knelt.sync", e.Sync), attribute.Int("knelt.attempt", e.Attempt)))
	_, w.phase = tracer().Start(ctx, "prepare")
}

func (w *watcher) start(e engine.Event) {
	if e.Resumed {
		w.join(e.Ledger)
		w.observer.attachments.Add(w.ctx, 1, with(connectionIs(w.connection)))
	}
	if w.phase != nil {
		w.phase.SetAttributes(attribute.Bool("knelt.attached", e.Resumed))
		w.phase.End()
		w.phase = nil
	}
}

// join begins to count where a predecessor has stopped. Where that is not known it
// is where the first ledger is.
func (w *watcher) join(l *replication.Ledger) {
	if l != nil {
		w.counted = l.Total
		return
	}
	w.joined = true
}

// count counts what was relayed since it was last called. A relay that has joined
// makes anew what another had relayed behind the last mark: its ledger is then
// behind that.
func (w *watcher) count(l *replication.Ledger) {
	if l == nil {
		return
	}
	if w.joined {
		w.counted, w.joined = l.Total, false
		return
	}
	of := with(connectionIs(w.connection))
	records, bytes := max(0, l.Total.Relayed-w.counted.Relayed), max(0, l.Total.Bytes-w.counted.Bytes)
	w.observer.records.Add(w.ctx, records, of)
	w.observer.bytes.Add(w.ctx, bytes, of)
	w.counted.Relayed += records
	w.counted.Bytes += bytes
}

func (w *watcher) leave(outcome string, failed bool) {
	if w.phase != nil {
		w.phase.End()
		w.phase = nil
	}
	if w.attempt == nil {
		return
	}
	w.attempt.SetAttributes(attribute.String("knelt.outcome", outcome),
		attribute.Int64("knelt.records", w.counted.Relayed), attribute.Int64("knelt.bytes", w.counted.Bytes))
	if failed {
		w.attempt.SetStatus(codes.Error, outcome)
	}
	w.attempt.End()
	w.attempt = nil
}

// end is after the engine's last event, also where there was none.
func (w *watcher) end() {
	w.leave("", false)
	if w.began {
		w.observer.finish(w.ctx, w.connection)
	}
}
