package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/schedule"
	"knelt.dev/pkg/store"
)

// Scheduler is safe for concurrent use, in one process and in several. Store,
// Documents and Emit are needed.
type Scheduler struct {
	Store     Store
	Documents Documents
	Emit      Emitter
	Policy    schedule.Policy
	// Batch is how many plans a tick looks at (default 10000): what is beyond it
	// is for the next one.
	Batch int
	// Parallel is how many of them it looks at side by side (default 16).
	Parallel int
	// Log is for the operator; nil: slog's default.
	Log *slog.Logger

	// mu guards what is known of the documents.
	mu    sync.Mutex
	known map[string]string
	token string
}

// Store is what the scheduler needs of a store.Store.
type Store interface {
	store.Plans
	LeaseOf(ctx context.Context, connection string) (store.LeaseInfo, bool, error)
	Syncs(ctx context.Context, connection string, before int64, limit int) ([]store.SyncRecord, error)
	Memo(ctx context.Context, name string) (json.RawMessage, bool, error)
	SaveMemo(ctx context.Context, name string, value json.RawMessage, keep time.Duration) error
}

// Documents are the connections there are. Where it can be told without reading
// them, Documents also has
//
//	Version(ctx context.Context) (string, error)
//
// which differs once any document does; otherwise they are listed on every tick.
type Documents interface {
	// List gives all connections, those that cannot be used too. What is not in
	// it has been removed: where that is not certain, the answer is an error.
	List(ctx context.Context) ([]Document, error)
}

// Document is a Connection as the scheduler sees it.
type Document struct {
	Ref events.Ref
	// Revision differs once the connection, or its source or destination, does.
	Revision string
	// Connection is complete and checked; nil if it cannot be read.
	Connection *connection.Connection
	// Problem says what is wrong with it or its ends, for users; empty: nothing.
	Problem string
}

// Emitter sends events. It returns once somebody has taken the event.
type Emitter interface {
	Send(ctx context.Context, e event.Event) error
}

// Report is what a tick has done.
type Report struct {
	// Looked counts plans that were looked at.
	Looked int `json:"looked"`
	// Asked are the runs that were asked for, those again too that were asked for
	// before.
	Asked []events.Run `json:"asked,omitempty"`
	// Lost counts syncs whose lease was gone, Told results that no event told.
	Lost int `json:"lost,omitempty"`
	Told int `json:"told,omitempty"`
	// Planned counts connections that were new or changed, Dropped those that
	// were removed.
	Planned int `json:"planned,omitempty"`
	Dropped int `json:"dropped,omitempty"`
	// Problems are connections that are new or changed and cannot be used.
	Problems []Problem `json:"problems,omitempty"`
	// More tells that other plans are due, for which there was no time.
	More bool `json:"more,omitempty"`
}

// Problem is a connection that cannot be used.
type Problem struct {
	Connection string `json:"connection"`
	Problem    string `json:"problem"`
}

const (
	defaultBatch    = 10_000
	defaultParallel = 16
)

// Tick does what has to be done at now. The error joins all that went wrong;
// what did not depend on it was done, and what did is done by a later tick.
func (s *Scheduler) Tick(ctx context.Context, now time.Time) (Report, error) {
	var r Report
	documents := s.reconcile(ctx, now, &r)
	batch := positive(s.Batch, defaultBatch)
	due, err := s.Store.DuePlans(ctx, now, batch+1)
	if err != nil {
		return r, errors.Join(documents, fmt.Errorf("looking for what is due: %w", err))
	}
	if len(due) > batch {
		due, r.More = due[:batch], true
	}
	r.Looked = len(due)
	return r, errors.Join(documents, s.each(due, func(p store.Plan) (outcome, error) { return s.step(ctx, p, now) }, &r))
}

// outcome is what became of a plan in a tick.
type outcome struct {
	asked      *events.Run
	lost, told bool
}

func (r *Report) add(o outcome) {
	if o.asked != nil {
		r.Asked = append(r.Asked, *o.asked)
	}
	if o.lost {
		r.Lost++
	}
	if o.told {
		r.Told++
	}
}

// each does something about plans, side by side. The errors of all are joined,
// but a store out of reach is told once.
func (s *Scheduler) each(plans []store.Plan, do func(store.Plan) (outcome, error), r *Report) error {
	next := make(chan store.Plan)
	var mu sync.Mutex
	var errs []error
	var all sync.WaitGroup
	for range min(positive(s.Parallel, defaultParallel), len(plans)) {
		all.Go(func() {
			for p := range next {
				o, err := do(p)
				mu.Lock()
				r.add(o)
				if err != nil {
					errs = append(errs, err)
				}
				mu.Unlock()
			}
		})
	}
	for _, p := range plans {
		next <- p
	}
	close(next)
	all.Wait()
	return summary(errs)
}

// summary joins errors; of many the first few, with the number of the others.
func summary(errs []error) error {
	const shown = 5
	if len(errs) > shown {
		errs = append(errs[:shown:shown], fmt.Errorf("and %d more of the kind", len(errs)-shown))
	}
	return errors.Join(errs...)
}

func positive(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

func (s *Scheduler) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.Default()
}
