package engine

import (
	"context"
	"encoding/json"
	"slices"

	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// lookBack is how many of a connection's syncs are searched for a request that
// comes again.
const lookBack = 100

// repeated finds a request that was carried out before.
func (e *Engine) repeated(ctx context.Context, connection string, req Request) (Result, bool, error) {
	if req.Key == "" {
		return Result{}, false, nil
	}
	syncs, err := e.Store.Syncs(ctx, connection, 0, lookBack)
	if err != nil {
		return Result{}, false, while("looking for the request among the connection's syncs", err)
	}
	j := &job{req: req}
	for _, record := range syncs {
		if tries := j.tries(record); len(tries) > 0 {
			old, err := resultOf(record, tries)
			old.Repeated = true
			return old, err == nil && (superseded(record, tries) || j.answers(old)), err
		}
	}
	return Result{}, false, nil
}

// superseded tells that another request has gone on with the sync since: the
// scheduler's for its next attempt, for one. A request that comes again after
// that, as a Broker's may for an hour, is over.
func superseded(record store.SyncRecord, tries []store.Attempt) bool {
	last := tries[len(tries)-1]
	return slices.ContainsFunc(record.Attempts, func(a store.Attempt) bool {
		return a.Number > last.Number && a.Request != last.Request
	})
}

// tries gives the attempts of a sync that this request asked for, less those
// that a successor could not go on with.
func (j *job) tries(r store.SyncRecord) []store.Attempt {
	var tries []store.Attempt
	for i, a := range r.Attempts {
		if a.Request == j.req.Key && !a.Unresumable && (a.Request != "" || i >= j.before) {
			tries = append(tries, a)
		}
	}
	return tries
}

// answers tells whether a result is the request's: what it asked for has been
// tried as often as it may.
func (j *job) answers(r Result) bool {
	tries := j.tries(r.Record)
	if len(tries) == 0 {
		return false
	}
	last := tries[len(tries)-1]
	if last.Status == store.Running {
		return false
	}
	return len(tries) > j.req.Connection.Spec.Retries.Max || !worthRetrying(r)
}

// resultOf gives how a sync stood after the last of these attempts.
func resultOf(record store.SyncRecord, tries []store.Attempt) (Result, error) {
	last := tries[len(tries)-1]
	record.Attempts = record.Attempts[:last.Number]
	record.Status, record.Ended = last.Status, last.Ended
	r := Result{Record: record}
	if last.Final {
		r.Mend = &ConfigError{&SyncError{last.Reasons}}
	}
	if len(last.Ledger) == 0 {
		return r, nil
	}
	r.Ledger = &replication.Ledger{}
	return r, while("reading the ledger of an earlier attempt", json.Unmarshal(last.Ledger, r.Ledger))
}

func worthRetrying(r Result) bool {
	switch r.Status() {
	case store.Failed, store.Incomplete:
		return r.Mend == nil
	}
	return false
}

// unresumable tells that a successor could not go on with the attempt: the next
// one starts from the checkpoint at once.
func unresumable(r Result) bool {
	n := len(r.Record.Attempts)
	return n > 0 && r.Record.Attempts[n-1].Unresumable
}
