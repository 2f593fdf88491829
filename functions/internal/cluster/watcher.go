package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/cloudevents/sdk-go/v2/event"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/events"
	"knelt.dev/pkg/connection/crd"
	"knelt.dev/pkg/scheduler"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
)

// Watcher keeps the status of objects up to what the scheduler knows, and puts
// Kubernetes events on them.
type Watcher struct {
	objects *crd.Objects
	plans   *redis.Store

	mu      sync.Mutex
	written bool // the status of all objects was written once
}

// Watcher makes the status's writer; nil where documents are files.
func (p *Planner) Watcher() *Watcher {
	if p.Objects == nil {
		return nil
	}
	return &Watcher{objects: p.Objects, plans: p.Store}
}

// Ticked writes what a tick has changed: where there are other documents than
// before, the status of all objects is looked at.
func (w *Watcher) Ticked(ctx context.Context, r scheduler.Report) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.written || r.Planned+r.Dropped > 0 {
		err := w.writeAll(ctx)
		w.written = err == nil
		return err
	}
	var errs []error
	for _, run := range r.Asked {
		errs = append(errs, w.observe(ctx, run.Connection))
	}
	return errors.Join(errs...)
}

// writeAll looks at the status of all objects. The plans are read at once, for
// one by one they would take longest, and after the objects: an object that an
// event writes meanwhile, and knows more, is then left.
func (w *Watcher) writeAll(ctx context.Context) error {
	plans := sync.OnceValues(func() (map[string]store.Plan, error) { return w.all(ctx) })
	var unread error
	_, err := w.objects.WriteStatus(ctx, func(ref events.Ref) (crd.Observed, bool) {
		var all map[string]store.Plan
		all, unread = plans()
		p, is := all[ref.String()]
		return observedOf(p), is && unread == nil
	})
	return errors.Join(err, unread)
}

// page is how many plans are read at a time.
const page = 2000

func (w *Watcher) all(ctx context.Context) (map[string]store.Plan, error) {
	all := map[string]store.Plan{}
	for after := ""; ; {
		list, next, err := w.plans.Plans(ctx, after, page)
		if err != nil {
			return nil, fmt.Errorf("reading the plans: %w", err)
		}
		for _, p := range list {
			all[p.Connection] = p
		}
		if next == "" {
			return all, nil
		}
		after = next
	}
}

// Told writes what an event tells.
func (w *Watcher) Told(ctx context.Context, e event.Event) error {
	p, err := events.Decode(e)
	if err != nil {
		return err
	}
	switch p := p.(type) {
	case *events.SyncStart:
		return w.observe(ctx, p.Connection)
	case *events.SyncResult:
		return errors.Join(w.observe(ctx, p.Connection), w.objects.Note(ctx, p.Connection, crd.NoteOf(p)))
	}
	return nil
}

func (w *Watcher) observe(ctx context.Context, ref events.Ref) error {
	p, err := w.plans.Plan(ctx, ref.String())
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.objects.Observe(ctx, ref, observedOf(p))
}

func observedOf(p store.Plan) crd.Observed {
	return crd.Observed{Next: p.NextDue, Paused: p.Paused, FailuresInRow: p.FailuresInRow, Last: newest(p)}
}

// newest is the sync that runs, else the last that ended.
func newest(p store.Plan) *crd.LastSync {
	if a := p.Running(); a != nil && a.Sync != 0 {
		return &crd.LastSync{ID: a.Sync, Status: store.Running, Attempt: a.Attempt, Started: &metav1.Time{Time: a.Started.UTC()}}
	}
	l := p.Last
	if l == nil || l.ID == 0 {
		return nil
	}
	return &crd.LastSync{
		ID: l.ID, Status: l.Status, Attempt: l.Attempt, Started: &metav1.Time{Time: l.Started.UTC()}, Ended: &metav1.Time{Time: l.Ended.UTC()},
		Records: l.Records, Bytes: l.Bytes, Reasons: l.Reasons,
	}
}
