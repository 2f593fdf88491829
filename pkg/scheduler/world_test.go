package scheduler_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/scheduler"
	"knelt.dev/pkg/store"
)

// failer is a test, or a try of a property.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// world is all around a scheduler, in memory and with one thread: a store, its
// documents, and sync functions that take the events it sends.
type world struct {
	t     failer
	now   time.Time
	plans map[string]store.Plan
	memos map[string]json.RawMessage
	docs  []scheduler.Document
	// leases has the connections whose sync runs, syncs the records.
	leases map[string]store.LeaseInfo
	syncs  map[string][]store.SyncRecord
	// queue has requests that were sent and are not begun, told results that are
	// on their way.
	queue []events.SyncRequest
	told  []events.SyncResult
	// begun has the runs that became attempts, in their order.
	begun []events.Run
	sent  int
	// before is called before each operation of a scheduler's; an error is what
	// it gives instead. after is called once it was done, likewise.
	before, after func(op string) error
}

func newWorld(t failer, now time.Time) *world {
	return &world{
		t: t, now: now, plans: map[string]store.Plan{}, memos: map[string]json.RawMessage{},
		leases: map[string]store.LeaseInfo{}, syncs: map[string][]store.SyncRecord{},
		before: func(string) error { return nil }, after: func(string) error { return nil },
	}
}

func (w *world) scheduler() *scheduler.Scheduler {
	return &scheduler.Scheduler{Store: w, Documents: w, Emit: w, Parallel: 1}
}

func (w *world) add(name string, c connection.ConnectionSpec) {
	w.docs = append(w.docs, document(name, "1", c))
}

func document(name, revision string, c connection.ConnectionSpec) scheduler.Document {
	c.Source, c.Destination = "shop", "lake"
	doc := &connection.Connection{Metadata: connection.Metadata{Namespace: "team", Name: name}, Spec: c}
	return scheduler.Document{Ref: events.Ref{Namespace: "team", Name: name}, Revision: revision, Connection: doc}
}

func cron(text string) connection.ConnectionSpec {
	return connection.ConnectionSpec{Schedule: &connection.Schedule{Cron: text, CatchUp: connection.CatchUpOnce}}
}

func (w *world) op(name string, do func()) error {
	if err := w.before(name); err != nil {
		return err
	}
	do()
	return w.after(name)
}

func ms(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// kept is a plan as stores keep it.
func kept(p store.Plan) (k store.Plan) {
	for _, t := range []*time.Time{&p.Next, &p.NextDue, &p.Since, &p.Due, &p.Retry, &p.NotBefore} {
		*t = ms(*t)
	}
	text, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(text, &k)
	}
	if err != nil {
		panic(err)
	}
	return k
}

func (w *world) Plan(_ context.Context, connection string) (p store.Plan, err error) {
	err = w.op("Plan", func() { p = w.plans[connection] })
	if err == nil && p.Version == 0 {
		err = store.ErrNotFound
	}
	return p, err
}

func (w *world) SavePlan(_ context.Context, p store.Plan) (store.Plan, error) {
	var conflict error
	err := w.op("SavePlan", func() {
		if w.plans[p.Connection].Version != p.Version {
			conflict = &store.ConflictError{Connection: p.Connection}
			return
		}
		p.Version++
		p = kept(p)
		w.plans[p.Connection] = p
	})
	return p, errors.Join(conflict, err)
}

func (w *world) DropPlan(_ context.Context, connection string) error {
	return w.op("DropPlan", func() { delete(w.plans, connection) })
}

func (w *world) DuePlans(_ context.Context, until time.Time, limit int) (list []store.Plan, err error) {
	err = w.op("DuePlans", func() {
		for _, p := range w.plans {
			if !p.Next.IsZero() && !p.Next.After(until) {
				list = append(list, p)
			}
		}
	})
	slices.SortFunc(list, func(a, b store.Plan) int { return strings.Compare(a.Connection, b.Connection) })
	return list[:min(len(list), limit)], err
}

func (w *world) Plans(_ context.Context, after string, _ int) (list []store.Plan, next string, err error) {
	err = w.op("Plans", func() {
		for name, p := range w.plans {
			if name > after {
				list = append(list, p)
			}
		}
	})
	slices.SortFunc(list, func(a, b store.Plan) int { return strings.Compare(a.Connection, b.Connection) })
	return list, "", err
}

func (w *world) LeaseOf(_ context.Context, connection string) (info store.LeaseInfo, ok bool, err error) {
	err = w.op("LeaseOf", func() { info, ok = w.leases[connection] })
	return info, ok, err
}

func (w *world) Syncs(_ context.Context, connection string, _ int64, limit int) (list []store.SyncRecord, err error) {
	err = w.op("Syncs", func() {
		for _, r := range slices.Backward(w.syncs[connection]) {
			list = append(list, r)
		}
	})
	return list[:min(len(list), limit)], err
}

func (w *world) Memo(_ context.Context, name string) (value json.RawMessage, ok bool, err error) {
	err = w.op("Memo", func() { value, ok = w.memos[name] })
	return value, ok, err
}

func (w *world) SaveMemo(_ context.Context, name string, value json.RawMessage, _ time.Duration) error {
	return w.op("SaveMemo", func() { w.memos[name] = value })
}

func (w *world) List(context.Context) (list []scheduler.Document, err error) {
	err = w.op("List", func() { list = slices.Clone(w.docs) })
	return list, err
}

func (w *world) Send(_ context.Context, e event.Event) error {
	return w.op("Send", func() {
		p, err := events.Decode(e)
		if err != nil {
			w.t.Fatalf("the event cannot be read: %v", err)
		}
		w.sent++
		w.queue = append(w.queue, *p.(*events.SyncRequest))
	})
}

// begin has a sync function take a request from the queue, by what the engine
// promises: a run that was carried out is answered by its old result, a
// connection that is held has the event come again.
func (w *world) begin(i int) {
	r := w.queue[i]
	key, name := r.Key(), r.Subject()
	for _, record := range w.syncs[name] {
		for _, a := range record.Attempts {
			if a.Request == key && a.Status != store.Running {
				w.queue = slices.Delete(w.queue, i, i+1)
				w.told = append(w.told, resultOf(r.Run, record, a))
				return
			}
			if a.Request == key {
				w.queue = slices.Delete(w.queue, i, i+1) // it is under way, or lost
				return
			}
		}
	}
	if _, held := w.leases[name]; held {
		return
	}
	w.queue = slices.Delete(w.queue, i, i+1)
	id := int64(len(w.syncs[name]) + 1)
	w.syncs[name] = append(w.syncs[name], store.SyncRecord{
		Connection: name, ID: id, Status: store.Running, Started: w.now,
		Attempts: []store.Attempt{{Number: 1, Request: key, Status: store.Running, Started: w.now}},
	})
	w.leases[name] = store.LeaseInfo{Holder: "f", SyncID: id}
	w.begun = append(w.begun, r.Run)
}

// end has a running sync end; lost tells that nobody hears of it, crashed that
// it was not even written down.
func (w *world) end(name string, outcome events.Outcome, lost, crashed bool) {
	delete(w.leases, name)
	if crashed {
		return
	}
	record := &w.syncs[name][len(w.syncs[name])-1]
	a := &record.Attempts[0]
	a.Status, a.Ended = store.Status(outcome), w.now
	if outcome == events.Failed {
		a.Reasons = []string{"no such table"}
	}
	record.Status, record.Ended = a.Status, w.now
	if !lost {
		w.told = append(w.told, resultOf(w.runOf(a.Request), *record, *a))
	}
}

// runOf finds the run of a request.
func (w *world) runOf(key string) events.Run {
	for _, run := range w.begun {
		if run.Key() == key {
			return run
		}
	}
	panic("nobody asked for " + key)
}

func resultOf(run events.Run, record store.SyncRecord, a store.Attempt) events.SyncResult {
	return events.SyncResult{
		Run: run, Sync: record.ID, Outcome: events.Outcome(a.Status), Reasons: a.Reasons, Started: record.Started, Ended: a.Ended,
		Total: events.Counts{Relayed: 5, Bytes: 50},
	}
}

// hear brings a result to a scheduler.
func (w *world) hear(ctx context.Context, s *scheduler.Scheduler, i int) error {
	r := w.told[i]
	if err := s.Result(ctx, &r); err != nil {
		return err
	}
	w.told = slices.Delete(w.told, i, i+1)
	return nil
}

// runs tells what has begun, such as "02:00/1 02:00/2".
func (w *world) runs(name string) string {
	var list []string
	for _, r := range w.begun {
		if r.Subject() == name {
			list = append(list, fmt.Sprintf("%s/%d", r.Due.Format("15:04"), r.Attempt))
		}
	}
	return strings.Join(list, " ")
}
