package crd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
)

// atOnce is how many objects are written side by side.
const atOnce = 8

// WriteStatus brings the status of all objects up to date: what is wrong with
// them, and what observe knows of Connections (false: nothing new). Only what has
// changed is written; an object that becomes wrong, or right again, is told of by
// an event on it. It gives how many were written.
//
// An object that somebody else has written meanwhile is left for the next call.
// Errors of single objects are joined; the others are written.
func (o *Objects) WriteStatus(ctx context.Context, observe func(events.Ref) (Observed, bool)) (int, error) {
	c, err := o.watched(ctx)
	if err != nil {
		return 0, err
	}
	sources, destinations := c.all(connection.KindSource), c.all(connection.KindDestination)
	w := writing{objects: o}
	for _, ends := range []map[string]*object{sources, destinations} {
		for _, one := range ends {
			status, err := wantedEnd(one)
			w.add(one, status, err)
		}
	}
	for _, one := range c.all(connection.KindConnection) {
		j := judge(one, sources, destinations)
		var seen *Observed
		if news, ok := observe(events.Ref{Namespace: one.Namespace, Name: one.Name}); ok {
			seen = &news
		}
		status, err := wanted(one, &j, seen)
		w.add(one, status, err)
	}
	return w.run(ctx)
}

// Observe writes what is known of one Connection, at once. One that is not there
// any more is nobody's error.
func (o *Objects) Observe(ctx context.Context, ref events.Ref, seen Observed) error {
	if !o.within(ref.Namespace) {
		return nil
	}
	// Whoever else writes at the same moment has read the object later, or sooner.
	for try := 1; ; try++ {
		err := o.observe(ctx, ref, seen)
		if !apierrors.IsConflict(err) || try == 5 {
			return err
		}
	}
}

func (o *Objects) observe(ctx context.Context, ref events.Ref, seen Observed) error {
	u, err := o.of(connection.KindConnection, ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading Connection %s: %w", ref, err)
	}
	one := read(u)
	status, err := wanted(one, nil, &seen)
	if err != nil || same(one.status, status) {
		return err
	}
	err = o.patch(ctx, one, status)
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// writing is one WriteStatus.
type writing struct {
	objects *Objects
	changed []change
	errs    []error
}

type change struct {
	object *object
	status json.RawMessage
}

func (w *writing) add(o *object, status json.RawMessage, err error) {
	switch {
	case err != nil:
		w.errs = append(w.errs, err)
	case !same(o.status, status):
		w.changed = append(w.changed, change{o, status})
	}
}

func (w *writing) run(ctx context.Context) (written int, err error) {
	var g errgroup.Group
	g.SetLimit(atOnce)
	errs := make([]error, len(w.changed))
	for i, c := range w.changed {
		g.Go(func() error {
			errs[i] = w.objects.write(ctx, c)
			return nil
		})
	}
	_ = g.Wait() // none of them returns an error
	for _, err := range errs {
		switch {
		case err == nil:
			written++
		case apierrors.IsConflict(err), apierrors.IsNotFound(err):
		default:
			w.errs = append(w.errs, err)
		}
	}
	return written, errors.Join(w.errs...)
}

func (o *Objects) write(ctx context.Context, c change) error {
	if err := o.patch(ctx, c.object, c.status); err != nil {
		return err
	}
	note, ok, err := turned(c.object.status, c.status)
	if err != nil || !ok {
		return err
	}
	return o.note(ctx, c.object, note)
}

// patch replaces the status of an object that nobody has changed meanwhile.
func (o *Objects) patch(ctx context.Context, one *object, status json.RawMessage) error {
	patch, err := json.Marshal([]map[string]any{
		{"op": "replace", "path": "/metadata/resourceVersion", "value": one.ResourceVersion},
		{"op": "add", "path": "/status", "value": status},
	})
	if err != nil {
		return err
	}
	_, err = o.of(one.kind, one.Namespace).Patch(ctx, one.Name, types.JSONPatchType, patch, metav1.PatchOptions{FieldManager: component}, "status")
	if err != nil {
		return fmt.Errorf("writing the status of %s: %w", one.title(), err)
	}
	return nil
}

// same compares two texts of JSON, not the order of keys in them.
func same(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	before, errBefore := json.Marshal(x)
	after, errAfter := json.Marshal(y)
	return errBefore == nil && errAfter == nil && bytes.Equal(before, after)
}
