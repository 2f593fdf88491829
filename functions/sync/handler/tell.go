package handler

import (
	"encoding/json"
	"errors"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// continuation hands the sync on.
func continuation(a Asked, r engine.Result) *events.SyncContinuation {
	return &events.SyncContinuation{
		Request: a.Request, Sync: r.Record.ID, Continuation: a.Continuations + 1, Epoch: r.Epoch,
	}
}

// result tells how a sync ended.
func result(a Asked, r engine.Result) *events.SyncResult {
	s := &events.SyncResult{
		Run: a.Request.Run, Sync: r.Record.ID, Attempts: len(r.Record.Attempts), Continuations: a.Continuations,
		Outcome: events.Outcome(r.Status()), Reasons: r.Reasons(),
		Started: r.Record.Started, Ended: r.Record.Ended, CheckpointMoved: moved(a, r.Record),
	}
	s.Failure, s.Pause = failure(r), pause(r)
	if r.Ledger == nil {
		return s
	}
	s.Total, s.QuotaReset = counts(r.Ledger.Total), quotaReset(r)
	for _, row := range r.Ledger.Streams {
		s.Streams = append(s.Streams, events.StreamResult{
			Stream: row.Stream, Counts: counts(row.Counts), Status: row.Status, Complete: row.Complete, Reasons: row.Reasons,
		})
	}
	return s
}

// lastTime is the last that JSON can hold.
const lastTime = 253402300799999

// quotaReset is when trying again is of use, if a rate limit was in the way.
func quotaReset(r engine.Result) time.Time {
	if q := r.Ledger.Source.QuotaReset; q > 0 && r.Status() != store.Succeeded {
		return time.UnixMilli(min(q, lastTime)).UTC()
	}
	return time.Time{}
}

// refused tells of a request that could not become a sync.
func refused(a Asked, mistake error, began time.Time) *events.SyncResult {
	return &events.SyncResult{
		Run: a.Request.Run, Outcome: events.Failed, Reasons: []string{mistake.Error()}, Started: began, Ended: time.Now(),
		Failure: &events.Failure{Type: airbyte.ConfigError, Message: mistake.Error()},
	}
}

// configMistake gives what a user has to change before there can be a sync.
func configMistake(err error) error {
	var mistake *engine.ConfigError
	var start *connector.StartError
	if errors.As(err, &mistake) || errors.As(err, &start) {
		return err
	}
	return nil
}

// failure names the one thing that ended a sync. What a connector said of its
// kind counts most.
func failure(r engine.Result) *events.Failure {
	if r.Status() != store.Failed || len(r.Reasons()) == 0 {
		return nil
	}
	f := &events.Failure{Type: airbyte.SystemError, Message: r.Reasons()[0]}
	if r.Mend != nil {
		f.Type = airbyte.ConfigError
		return f
	}
	if r.Ledger == nil {
		return f
	}
	for _, side := range []replication.SideLedger{r.Ledger.Source, r.Ledger.Destination} {
		for _, e := range side.Errors {
			if e.FailureType != "" {
				f.Type, f.Message, f.Stream = e.FailureType, e.Message, e.Stream
				return f
			}
		}
	}
	return f
}

// moved tells whether states came back in an attempt of this request, so that
// the next sync goes on from a later position.
func moved(a Asked, record store.SyncRecord) bool {
	for _, attempt := range record.Attempts {
		var ledger replication.Ledger
		if attempt.Request != a.Request.Key() || json.Unmarshal(attempt.Ledger, &ledger) != nil {
			continue
		}
		if ledger.Total.StatesReturned > 0 {
			return true
		}
	}
	return false
}

func counts(c replication.Counts) events.Counts {
	return events.Counts{
		SourceSaid: c.SourceSaid, Relayed: c.Relayed, DestinationSaid: c.DestinationSaid, Rejected: c.Rejected,
		Bytes: c.Bytes, StatesSent: c.StatesSent, StatesReturned: c.StatesReturned, Broken: c.Broken,
	}
}
