package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// attempt is one try at a sync.
type attempt struct {
	*job
	number int
	log    *attemptLog
	ledger *replication.Ledger
	// What the connectors say of themselves.
	sourceSpec, destSpec *airbyte.ConnectorSpecification
}

// run makes the attempt and writes down how it ended. The error is of those that
// keep it from being written down.
func (a *attempt) run(ctx context.Context) (Result, error) {
	if err := a.begin(ctx); err != nil {
		return Result{}, err
	}
	return a.carry(ctx, a.move)
}

// resume goes on with the attempt of another engine, likewise.
func (a *attempt) resume(ctx context.Context) (Result, error) {
	a.number = a.current().Number
	a.cancel.sync.Store(a.record.ID)
	return a.carry(ctx, a.takeOver)
}

// carry does the attempt's work, with a log, and writes down how it ended.
func (a *attempt) carry(ctx context.Context, work func(context.Context) error) (Result, error) {
	var err error
	if a.log, err = a.openLog(); err != nil {
		return Result{}, errors.Join(err, a.end(store.Failed, []string{err.Error()}))
	}
	a.event(Event{Kind: Preparing, LogDir: a.log.where})
	failure := work(ctx)
	if failure != nil && !fenced(ctx) {
		a.clear()
	}
	if a.leaves(ctx, failure) {
		return a.leave()
	}
	status, reasons := a.judge(ctx, failure)
	a.current().Final = toMend(failure) != nil
	a.current().Unresumable = errors.Is(failure, ErrNoPod) || failure == nil && a.ledger.Unresumable
	a.log.reasons(status, reasons)
	err = a.end(status, reasons)
	a.trouble(a.log.close())
	a.trouble(a.log.tidy())
	a.event(Event{Kind: Ended, Status: status, Reasons: reasons, Ledger: a.ledger, LogDir: a.log.where})
	r := Result{Record: a.record, Ledger: a.ledger, LogDir: a.log.where, SchemaChange: a.change}
	r.Mend = toMend(failure)
	return r, err
}

// clear removes what an attempt has started that came to nothing.
func (a *attempt) clear() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	a.remove(ctx)
}

// trouble tells of what stops nothing.
func (a *attempt) trouble(err error) {
	if err != nil {
		a.event(Event{Kind: Warning, Message: err.Error()})
	}
}

// leaves tells that the attempt goes on, or is made, elsewhere.
func (a *attempt) leaves(ctx context.Context, failure error) bool {
	if fenced(ctx) {
		return false
	}
	return failure == nil && a.ledger.Detached || failure != nil && a.req.detaching() && !a.req.draining()
}

// leave writes down how far the attempt has come. One that had moved nothing yet
// was none: its number is given again.
func (a *attempt) leave() (Result, error) {
	if a.ledger == nil {
		a.record.Attempts = a.record.Attempts[:len(a.record.Attempts)-1]
	}
	a.log.engine("INFO", "this relay leaves the sync to a successor")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err := a.save(ctx)
	a.trouble(a.log.close()) // nothing more: the connectors wait for the successor
	a.event(Event{Kind: Left, Ledger: a.ledger, LogDir: a.log.where})
	return Result{Record: a.record, Ledger: a.ledger, LogDir: a.log.where, Continued: true}, err
}

// begin writes the attempt's record before anything is started.
func (a *attempt) begin(ctx context.Context) error {
	a.number = len(a.record.Attempts) + 1
	now := time.Now()
	if a.record.Started.IsZero() {
		a.record.Connection, a.record.Started = a.lease.Connection(), now
	}
	for i := range a.record.Attempts {
		if p := &a.record.Attempts[i]; p.Status == store.Running {
			p.Status, p.Reasons = store.Failed, []string{"the engine that ran this attempt ended without finishing it"}
		}
	}
	a.record.Status, a.record.Ended = store.Running, time.Time{}
	a.record.Attempts = append(a.record.Attempts, store.Attempt{
		Number: a.number, Epoch: a.lease.Epoch(), Request: a.req.Key, Status: store.Running, Started: now,
	})
	return a.write(ctx, store.Begin{})
}

// write brings the record into the store, with what else b says, in one step.
func (a *attempt) write(ctx context.Context, b store.Begin) error {
	var err error
	if a.record.Definition, err = a.def.encode(); err != nil {
		return err
	}
	b.Sync = a.record
	kept, err := a.lease.Begin(ctx, b)
	if err != nil {
		return while("opening the sync's record", err) // the record stays: the end is written to it
	}
	a.record = kept
	a.cancel.sync.Store(kept.ID)
	return nil
}

func (a *attempt) current() *store.Attempt { return &a.record.Attempts[len(a.record.Attempts)-1] }

// judge says how the attempt ended: by the ledger, or by what kept rows from
// moving at all.
func (a *attempt) judge(ctx context.Context, failure error) (store.Status, []string) {
	lost := errors.Is(context.Cause(ctx), store.ErrFenced)
	switch {
	case lost && a.ledger != nil:
		a.ledger.Outcome = store.Failed
		return store.Failed, a.ledger.Reasons
	case lost:
		return store.Failed, []string{context.Cause(ctx).Error()}
	case failure == nil:
		return a.ledger.Outcome, a.ledger.Reasons
	case a.req.draining() || ctx.Err() != nil:
		return store.Cancelled, []string{errCancelled.Error()}
	}
	return store.Failed, []string{a.redactor.String(failure.Error())}
}

// end writes down how the attempt, and so far the sync, ended. A lost lease is
// no error: the record is then another's to write.
func (a *attempt) end(status store.Status, reasons []string) error {
	// As stores keep times, so that this result tells what is told of it later.
	now := time.Now().UTC().Truncate(time.Millisecond)
	a.record.Status, a.record.Ended = status, now
	c := a.current()
	c.Status, c.Reasons, c.Ended = status, reasons, now
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return a.save(ctx)
}

// save brings the record in the store up to date.
func (a *attempt) save(ctx context.Context) error {
	if a.ledger != nil && len(a.record.Attempts) > 0 {
		var err error
		if a.current().Ledger, err = json.Marshal(a.ledger); err != nil {
			return err
		}
	}
	err := a.lease.SaveSync(ctx, a.record)
	if errors.Is(err, store.ErrFenced) {
		return nil
	}
	return while("saving the sync's record", err)
}

func (a *attempt) event(e Event) {
	e.Sync, e.Attempt = a.record.ID, a.number
	a.observe(e)
}

// warn tells the user and the log something that stops nothing.
func (a *attempt) warn(text string) {
	text = a.redactor.String(text)
	a.log.engine("WARN", text)
	a.event(Event{Kind: Warning, Message: text})
}
