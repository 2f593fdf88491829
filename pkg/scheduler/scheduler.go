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
	// Batch is how many plans a tick reads at a time (default 10000).
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
	// More tells that other plans are due, for which the time was not enough.
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
	for {
		more, err := s.batch(ctx, now, &r)
		if err != nil || !more {
			return r, errors.Join(documents, err)
		}
		if ctx.Err() != nil {
			r.More = true
			return r, documents
		}
	}
}

// batch looks at the plans that are due, so many at a time. More tells that
// there are others; those that were looked at are not due any more.
func (s *Scheduler) batch(ctx context.Context, now time.Time, r *Report) (more bool, err error) {
	size := positive(s.Batch, defaultBatch)
	due, err := s.Store.DuePlans(ctx, now, size)
	if err != nil {
		return false, fmt.Errorf("looking for what is due: %w", err)
	}
	r.Looked += len(due)
	err = s.each(due, func(p store.Plan) (outcome, error) { return s.step(ctx, p, now) }, r)
	return len(due) == size, err
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

// each does something about plans, side by side. The errors of all are joined.
func (s *Scheduler) each(plans []store.Plan, do func(store.Plan) (outcome, error), r *Report) error {
	var mu sync.Mutex
	return parallel(positive(s.Parallel, defaultParallel), plans, func(p store.Plan) error {
		o, err := do(p)
		mu.Lock()
		defer mu.Unlock()
		r.add(o)
		return err
	})
}

// parallel does something about each of a list, so many side by side.
func parallel[T any](workers int, list []T, do func(T) error) error {
	next := make(chan T)
	var mu sync.Mutex
	var errs []error
	var all sync.WaitGroup
	for range min(workers, len(list)) {
		all.Go(func() {
			for one := range next {
				if err := do(one); err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, one := range list {
		next <- one
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
