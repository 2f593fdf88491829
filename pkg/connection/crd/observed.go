package crd

import (
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/events"
	"knelt.dev/pkg/store"
)

// Observed is what is known of a Connection beside its document.
type Observed struct {
	// Next is when it is synced next; zero: not by itself.
	Next time.Time
	// Paused by hand; what the document says is added.
	Paused bool
	// Last is the newest sync; nil: none yet.
	Last *LastSync
	// FailuresInRow as in the status.
	FailuresInRow int
}

// SyncOf gives the status of an ended sync as its event tells it; nil of one that
// did not become a sync.
func SyncOf(r *events.SyncResult) *LastSync {
	if r.Sync == 0 {
		return nil
	}
	return &LastSync{
		ID: r.Sync, Status: store.Status(r.Outcome), Attempt: r.Attempts, Started: timeOf(r.Started), Ended: timeOf(r.Ended),
		Records: r.Total.Relayed, Bytes: r.Total.Bytes, Reasons: r.Reasons,
	}
}

// timeOf is nil for no time.
func timeOf(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	return &metav1.Time{Time: t.UTC().Truncate(time.Second)}
}

// manyReasons is what still keeps the status small.
const manyReasons = 5

func (s *ConnectionStatus) observe(seen Observed) {
	s.Next, s.Paused, s.LastSync, s.FailuresInRow = timeOf(seen.Next), seen.Paused, seen.Last, seen.FailuresInRow
	if last := s.LastSync; last != nil {
		short := *last
		short.Reasons = nil
		for i, reason := range last.Reasons {
			if i == manyReasons {
				short.Reasons = append(short.Reasons, fmt.Sprintf("and %d more", len(last.Reasons)-i))
				break
			}
			short.Reasons = append(short.Reasons, cut(reason))
		}
		s.LastSync = &short
	}
}

// wantedEnd gives the status that a Source or Destination should have.
func wantedEnd(o *object) (json.RawMessage, error) {
	var s EndStatus
	if err := decode(o, &s); err != nil {
		return nil, err
	}
	s.ObservedGeneration = o.Generation
	s.judgeEnd(o.problem)
	return json.Marshal(s)
}

// wanted gives the status that a Connection should have; seen is nil where
// nothing new is known.
func wanted(o *object, j *judgement, seen *Observed) (json.RawMessage, error) {
	var s ConnectionStatus
	if err := decode(o, &s); err != nil {
		return nil, err
	}
	if seen != nil {
		s.observe(*seen)
	}
	if o.connection != nil {
		spec := o.connection.Spec
		s.Schedule, s.Paused = spec.Schedule.String(), spec.Paused || seen != nil && seen.Paused
	}
	if s.Paused {
		s.Next = nil
	}
	if j != nil {
		s.ObservedGeneration = o.Generation
		s.judge(*j)
	} else {
		before := s.Conditions
		s.judgeSync(connectionConditions.Manage(&s))
		s.settle(before)
	}
	return json.Marshal(s)
}

// decode reads the status that an object has.
func decode(o *object, into any) error {
	if len(o.status) == 0 {
		return nil
	}
	if err := json.Unmarshal(o.status, into); err != nil {
		return fmt.Errorf("reading the status of %s: %w", o.title(), err)
	}
	return nil
}
