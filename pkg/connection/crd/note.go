package crd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
)

// component is who writes status and events.
const component = "knelt"

// Note is an event of Kubernetes on an object, which kubectl describe shows.
type Note struct {
	// Warning tells that somebody should look.
	Warning bool
	// Reason is one word, such as SyncFailed.
	Reason string
	// Message for people, redacted; it is cut where Kubernetes would refuse it.
	Message string
	// Key tells the note from others on the object: one that is told twice is kept
	// once.
	Key string
}

// Note puts a note on a Connection. One that is not there any more is nobody's
// error.
func (o *Objects) Note(ctx context.Context, ref events.Ref, n Note) error {
	if !o.within(ref.Namespace) {
		return nil
	}
	u, err := o.of(connection.KindConnection, ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading Connection %s: %w", ref, err)
	}
	return o.note(ctx, &object{kind: connection.KindConnection, ObjectMeta: metav1.ObjectMeta{Namespace: u.GetNamespace(), Name: u.GetName(), UID: u.GetUID()}}, n)
}

func (o *Objects) note(ctx context.Context, one *object, n Note) error {
	e := event(one, n, metav1.NewTime(time.Now().UTC()))
	_, err := o.events.CoreV1().Events(one.Namespace).Create(ctx, e, metav1.CreateOptions{FieldManager: component})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("writing an event on %s: %w", one.title(), err)
	}
	return nil
}

// event makes one; its name is made of the key, so that it is there once.
func event(one *object, n Note, now metav1.Time) *corev1.Event {
	sum := sha256.Sum256([]byte(string(one.UID) + "/" + n.Reason + "/" + n.Key))
	kind := corev1.EventTypeNormal
	if n.Warning {
		kind = corev1.EventTypeWarning
	}
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: one.Namespace, Name: shortened(one.Name) + "." + hex.EncodeToString(sum[:8])},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: connection.APIVersion, Kind: one.kind, Namespace: one.Namespace, Name: one.Name, UID: one.UID,
		},
		Type: kind, Reason: n.Reason, Message: cut(n.Message), Count: 1, FirstTimestamp: now, LastTimestamp: now,
		Source: corev1.EventSource{Component: component}, ReportingController: component,
	}
}

// shortened leaves room for what follows in a name of at most 253.
func shortened(name string) string { return name[:min(len(name), 230)] }

// NoteOf gives what a result of a sync is to be noted as.
func NoteOf(r *events.SyncResult) Note {
	n := Note{Key: r.Key(), Reason: "Sync" + reasonOfOutcome(r.Outcome), Warning: r.Outcome == events.Failed || r.Outcome == events.Incomplete}
	n.Message = fmt.Sprintf("sync %d %s: %d records", r.Sync, r.Outcome, r.Total.Relayed)
	if r.Sync == 0 {
		n.Message = "no sync was begun"
	}
	switch {
	case len(r.Reasons) > 0:
		n.Message += "; " + r.Reasons[0]
	case r.Failure != nil:
		n.Message += "; " + r.Failure.Message
	}
	return n
}

// turned gives the note of an object that has become wrong, or right again.
func turned(before, after json.RawMessage) (Note, bool, error) {
	var old, now Status
	if len(before) > 0 {
		if err := json.Unmarshal(before, &old); err != nil {
			return Note{}, false, err
		}
	}
	if err := json.Unmarshal(after, &now); err != nil {
		return Note{}, false, err
	}
	was, is := endConditions.Manage(&old).GetCondition(Ready), endConditions.Manage(&now).GetCondition(Ready)
	key := fmt.Sprint(now.ObservedGeneration, is.GetMessage(), is.LastTransitionTime.Inner.Unix())
	switch {
	case is.IsFalse() && (!was.IsFalse() || was.GetMessage() != is.GetMessage()):
		return Note{Warning: true, Reason: is.GetReason(), Message: is.GetMessage(), Key: key}, true, nil
	case is.IsTrue() && was.IsFalse():
		return Note{Reason: "Ready", Message: "what was wrong is right now", Key: key}, true, nil
	}
	return Note{}, false, nil
}
