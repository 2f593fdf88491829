package events

import (
	"strconv"
	"time"

	"knelt.dev/pkg/airbyte"
)

// Reason says why a sync is wanted.
type Reason string

// The reasons.
const (
	// BySchedule: its time has come.
	BySchedule Reason = "schedule"
	// ByHand: a person asked for it.
	ByHand Reason = "manual"
	// ByRetry: the attempt before did not succeed.
	ByRetry Reason = "retry"
	// ByEvent: another event asked for it.
	ByEvent Reason = "event"
)

func (Reason) values() []string {
	return []string{string(BySchedule), string(ByHand), string(ByRetry), string(ByEvent)}
}

// SyncRequest asks for a sync (dev.knelt.sync.requested).
type SyncRequest struct {
	Run
	// Reason why it is wanted.
	Reason Reason `json:"reason"`
	// Refresh names streams to read from scratch, replacing what is there; of a
	// reset, the streams to empty, or all if it is left out.
	Refresh []airbyte.Descriptor `json:"refresh,omitempty"`
	// Documents to use instead of looking them up by the connection's name.
	Documents *Documents `json:"documents,omitempty"`
}

// EventType is SyncRequested.
func (*SyncRequest) EventType() string { return SyncRequested }

// EventID is the run's key and "requested".
func (r *SyncRequest) EventID() string { return r.Key() + "/requested" }

func (r *SyncRequest) normalise() {
	if r.Documents != nil && r.Connection == (Ref{}) {
		r.Connection = r.Documents.ref()
	}
	r.Run.normalise()
}

func (r *SyncRequest) verify() []Problem {
	if r.Documents == nil {
		return nil
	}
	return append(r.Documents.verify("/data/documents"), unlessSame("/data/connection", r.Connection.String(), r.Documents.ref().String())...)
}

// SyncStart tells that connectors were started for a run
// (dev.knelt.sync.started). It is sent once an attempt: a continuation starts
// nothing.
type SyncStart struct {
	Run
	// Sync is the id of the connection's sync, counted from 1.
	Sync int64 `json:"sync" schema:"minimum=1"`
	// Epoch of the lease it runs under.
	Epoch int64 `json:"epoch" schema:"minimum=1"`
	// Started is when.
	Started time.Time `json:"started"`
}

// EventType is SyncStarted.
func (*SyncStart) EventType() string { return SyncStarted }

// EventID is the run's key and "started".
func (s *SyncStart) EventID() string { return s.Key() + "/started" }

func (*SyncStart) verify() []Problem { return nil }

// SyncContinuation hands a running sync to the next invocation
// (dev.knelt.sync.continued): the connectors run on, and whoever receives this
// attaches to them.
type SyncContinuation struct {
	// Request that the sync answers.
	Request SyncRequest `json:"request"`
	// Sync is the id of the connection's sync.
	Sync int64 `json:"sync" schema:"minimum=1"`
	// Continuation counts how often the sync has been handed on, from 1.
	Continuation int `json:"continuation" schema:"minimum=1"`
	// Epoch of the lease that was handed over. It rises with every invocation,
	// so it tells continuations of one sync apart, also those of a zombie.
	Epoch int64 `json:"epoch" schema:"minimum=1"`
}

// EventType is SyncContinued.
func (*SyncContinuation) EventType() string { return SyncContinued }

// EventID is the run's key, "continued" and the epoch.
func (c *SyncContinuation) EventID() string {
	return c.Request.Key() + "/continued/" + strconv.FormatInt(c.Epoch, 10)
}

// Subject is the request's connection.
func (c *SyncContinuation) Subject() string { return c.Request.Subject() }

func (c *SyncContinuation) normalise() { c.Request.normalise() }

func (c *SyncContinuation) verify() []Problem { return under("/data/request", c.Request.verify()) }
