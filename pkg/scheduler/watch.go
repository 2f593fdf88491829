package scheduler

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/store"
)

const (
	// resultWithin is how long the event of a result may be on its way.
	resultWithin = time.Minute
	// gone is how long a sync's lease may be away before its next attempt is
	// asked for. A sync that is handed over keeps its lease for two minutes, and
	// a Broker redelivers the event of a function that died at once.
	gone = 3 * time.Minute
	// unseen is how long a request may wait to be begun before it is sent again:
	// the same event, which does no harm if the first still comes.
	unseen = 15 * time.Minute
	// lookBack is how many of a connection's syncs are searched for a request.
	lookBack = 10
)

// watch looks after what was asked for and has not ended.
func (s *Scheduler) watch(ctx context.Context, p store.Plan, now time.Time, o *outcome) (store.Plan, error) {
	a := *p.Asked
	p.Asked = &a
	if a.Sent.IsZero() {
		return p, nil // it is sent by the caller
	}
	lease, held, err := s.Store.LeaseOf(ctx, p.Connection)
	if err != nil {
		return p, fmt.Errorf("looking for the lease: %w", err)
	}
	p.Next = now.Add(watchEvery)
	if held {
		a.Seen = now
		if lease.SyncID != 0 {
			a.Sync = lease.SyncID
		}
		return p, nil
	}
	last := latest(a.Sent, a.Seen)
	if now.Sub(last) < resultWithin {
		return p, nil
	}
	return s.find(ctx, p, last, now, o)
}

// find looks for what became of a request that nobody works on.
func (s *Scheduler) find(ctx context.Context, p store.Plan, last, now time.Time, o *outcome) (store.Plan, error) {
	run := runOf(p)
	syncs, err := s.Store.Syncs(ctx, p.Connection, 0, lookBack)
	if err != nil {
		return p, fmt.Errorf("looking for the sync: %w", err)
	}
	record, attempt := attemptOf(syncs, run.Key())
	switch {
	case attempt != nil && attempt.Status != store.Running:
		o.told = true
		p, _ = s.learn(p, resultOf(run, record, *attempt))
		return p, nil
	case attempt != nil && now.Sub(last) >= gone:
		o.lost = true
		return s.lost(p, record, *attempt, now), nil
	case attempt == nil && now.Sub(last) >= unseen:
		p.Asked.Sent = time.Time{}
	}
	return p, nil
}

// attemptOf finds the last attempt that a request asked for.
func attemptOf(syncs []store.SyncRecord, key string) (store.SyncRecord, *store.Attempt) {
	for _, record := range syncs {
		for _, a := range slices.Backward(record.Attempts) {
			if a.Request == key {
				return record, &a
			}
		}
	}
	return store.SyncRecord{}, nil
}

// lost ends a request whose sync nobody runs any more. Its next attempt is asked
// for at once, unless too many went before.
func (s *Scheduler) lost(p store.Plan, record store.SyncRecord, a store.Attempt, now time.Time) store.Plan {
	a.Status, a.Ended = store.Failed, now
	a.Reasons = []string{"whoever ran this attempt ended without finishing it"}
	p, _ = s.learn(p, resultOf(runOf(p), record, a))
	if !p.Retry.IsZero() {
		p.Retry, p.NotBefore = now, now
	}
	return p
}

// resultOf tells by a sync's record what its result event would have told.
func resultOf(run events.Run, record store.SyncRecord, a store.Attempt) *events.SyncResult {
	var ledger struct {
		Total struct {
			Relayed, Bytes, StatesReturned int64
		}
		Source struct{ QuotaReset int64 }
	}
	// A ledger that cannot be read tells nothing; the relay's own type is not
	// needed for three numbers.
	_ = json.Unmarshal(a.Ledger, &ledger)
	r := &events.SyncResult{
		Run: run, Sync: record.ID, Attempts: a.Number, Outcome: events.Outcome(a.Status), Reasons: a.Reasons,
		Started: record.Started, Ended: a.Ended, CheckpointMoved: ledger.Total.StatesReturned > 0,
		Total: events.Counts{Relayed: ledger.Total.Relayed, Bytes: ledger.Total.Bytes, StatesReturned: ledger.Total.StatesReturned},
	}
	if ledger.Source.QuotaReset > 0 {
		r.QuotaReset = time.UnixMilli(ledger.Source.QuotaReset).UTC()
	}
	if a.Final {
		r.Failure = &events.Failure{Type: configError}
	}
	return r
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
