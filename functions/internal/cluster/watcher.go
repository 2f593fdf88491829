package cluster

import (
	"context"
	"errors"
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
		var unread error
		_, err := w.objects.WriteStatus(ctx, func(ref events.Ref) (crd.Observed, bool) {
			seen, err := w.observed(ctx, ref)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				unread = err
			}
			return seen, err == nil
		})
		err = errors.Join(err, unread)
		w.written = err == nil
		return err
	}
	var errs []error
	for _, run := range r.Asked {
		errs = append(errs, w.observe(ctx, run.Connection))
	}
	return errors.Join(errs...)
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
	seen, err := w.observed(ctx, ref)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.objects.Observe(ctx, ref, seen)
}

func (w *Watcher) observed(ctx context.Context, ref events.Ref) (crd.Observed, error) {
	p, err := w.plans.Plan(ctx, ref.String())
	if err != nil {
		return crd.Observed{}, err
	}
	return crd.Observed{Next: p.NextDue, Paused: p.Paused, FailuresInRow: p.FailuresInRow, Last: newest(p)}, nil
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
