package store

import (
	"context"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/schedule"
)

// Plans is what the scheduler remembers of connections. A plan is written by
// whoever has read it last, without a lease: SavePlan compares its version.
type Plans interface {
	// Plan gives the plan of a connection; ErrNotFound if it has none.
	Plan(ctx context.Context, connection string) (Plan, error)
	// SavePlan keeps p, if the kept plan has p's Version still (0: there is none
	// yet), and gives it with its new Version, which is one higher. Otherwise
	// the error is a *ConflictError. The same write again, after an answer that
	// was lost, is no conflict. When Next comes is kept in the same step,
	// so that no plan is ever out of DuePlans' sight.
	SavePlan(ctx context.Context, p Plan) (Plan, error)
	// DropPlan forgets a connection's plan, if it has one.
	DropPlan(ctx context.Context, connection string) error
	// DuePlans gives up to limit plans whose Next is not after until, the
	// earliest first. It reads only those.
	DuePlans(ctx context.Context, until time.Time, limit int) ([]Plan, error)
	// Plans lists plans by their connections' names, which come after the given
	// one: up to limit, perhaps fewer. Next is where to go on, "" at the end.
	Plans(ctx context.Context, after string, limit int) (list []Plan, next string, err error)
}

// Cancels are wishes that a running sync may end.
type Cancels interface {
	// AskCancel asks for the end of a connection's sync, for that long (at least
	// 1ms): the wish is forgotten if nobody carries it out. The last one counts.
	AskCancel(ctx context.Context, connection string, sync int64, keep time.Duration) error
	// CancelAsked gives the sync whose end was asked for; ok is false if none was.
	CancelAsked(ctx context.Context, connection string) (sync int64, ok bool, err error)
}

// Plan is what the scheduler remembers of a connection: what it was asked for
// last, how that ended, and when to look again. It is also the row that lists
// show. Times are UTC, in whole milliseconds; those that are not known are zero.
type Plan struct {
	Connection string `json:"connection"`
	// Version counts the writes of the plan.
	Version int64 `json:"version"`
	// Next is when the scheduler has to look at it again; zero: at no time by
	// itself.
	Next time.Time `json:"next,omitzero"`
	// NextDue is when a sync is due next, as its schedule names the time; zero:
	// never by itself.
	NextDue time.Time `json:"nextDue,omitzero"`

	// Source and Destination are the names of the connection's ends, Spec its
	// schedule, Schedule the same as text, and Revision tells of which documents.
	Source      string        `json:"source,omitempty"`
	Destination string        `json:"destination,omitempty"`
	Spec        schedule.Spec `json:"spec,omitzero"`
	Schedule    string        `json:"schedule,omitempty"`
	Revision    string        `json:"revision,omitempty"`
	// Problem is what is wrong with the documents, so that they plan nothing.
	Problem string `json:"problem,omitempty"`
	// PausedBySpec tells that the document pauses it, Paused that somebody did.
	PausedBySpec bool `json:"pausedBySpec,omitempty"`
	Paused       bool `json:"paused,omitempty"`
	// PausedFor is why a sync had it paused, such as a changed schema; empty: a
	// person did.
	PausedFor string `json:"pausedFor,omitempty"`
	// GaveUp says why no sync is asked for by schedule until somebody changes or
	// resumes the connection.
	GaveUp string `json:"gaveUp,omitempty"`

	// Since is when the schedule began to count, Due the last due time of it that
	// was asked for or passed over.
	Since time.Time `json:"since,omitzero"`
	Due   time.Time `json:"due,omitzero"`
	// Asked is the last request for a sync.
	Asked *Asked `json:"asked,omitempty"`
	// Retry is when to ask for the next attempt of it.
	Retry time.Time `json:"retry,omitzero"`
	// NotBefore is when the schedule may ask again.
	NotBefore time.Time `json:"notBefore,omitzero"`
	// FailuresInRow counts syncs that failed and got no further, Tries requests
	// for the present due time that did so.
	FailuresInRow int `json:"failuresInRow,omitempty"`
	Tries         int `json:"tries,omitempty"`
	// Last is the last sync that ended.
	Last *LastSync `json:"last,omitempty"`
}

// Asked is a request for a sync, by its run (package events).
type Asked struct {
	Kind    string    `json:"kind"`
	Due     time.Time `json:"due"`
	Attempt int       `json:"attempt"`
	Reason  string    `json:"reason"`
	// Refresh names streams to read from scratch, or to empty.
	Refresh []airbyte.Descriptor `json:"refresh,omitempty"`
	// By is a word by chance of whoever decided it, so that no two write the same.
	By string `json:"by,omitempty"`
	// At is when it was decided, Sent when somebody took the event last; zero:
	// perhaps nobody did.
	At   time.Time `json:"at"`
	Sent time.Time `json:"sent,omitzero"`
	// Seen is when its sync was last known to run.
	Seen time.Time `json:"seen,omitzero"`
	// Sync is the sync it became, and Started when; 0 until that is known.
	Sync    int64     `json:"sync,omitempty"`
	Started time.Time `json:"started,omitzero"`
	// Ended tells that it is over.
	Ended bool `json:"ended,omitempty"`
}

// LastSync is how a sync ended.
type LastSync struct {
	// ID of the sync; 0 if the request did not become one.
	ID      int64     `json:"id,omitempty"`
	Status  Status    `json:"status"`
	Due     time.Time `json:"due,omitzero"`
	Attempt int       `json:"attempt,omitempty"`
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Records int64     `json:"records,omitempty"`
	Bytes   int64     `json:"bytes,omitempty"`
	Reasons []string  `json:"reasons,omitempty"`
	// Failure is whose fault it was, as Airbyte's failure types name it.
	Failure string `json:"failure,omitempty"`
}

// Running gives the request that has been made and is not over; nil: none.
func (p Plan) Running() *Asked {
	if p.Asked == nil || p.Asked.Ended {
		return nil
	}
	return p.Asked
}
