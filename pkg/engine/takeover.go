package engine

import (
	"context"
	"time"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// runs are the two connectors of an attempt.
type runs struct {
	source, destination connector.Run
	// attached are those that outlive the engine.
	attached []Attached
	// resume is where a predecessor's relay has stopped; nil at a start.
	resume *replication.Resume
}

// orphaned tells whether the last attempt of the connection's last sync may
// still have connectors that run, for an engine that has taken over its lease. If
// so the record is the job's.
func (j *job) orphaned(last *store.SyncRecord) (bool, error) {
	if j.engine.pods() == nil || last == nil || last.Status != store.Running || len(last.Attempts) == 0 {
		return false, nil
	}
	attempt := last.Attempts[len(last.Attempts)-1]
	def, err := definitionOf(*last)
	if err != nil {
		return false, while("reading the record of the sync that runs", err)
	}
	if attempt.Status != store.Running || def.Moving == nil || def.Moving.Attempt != attempt.Number {
		return false, nil
	}
	j.record, j.def = *last, def
	return true, nil
}

// adopt goes on with an attempt that another engine began, or finds that nothing
// of it is left.
func (j *job) adopt(ctx context.Context) (Result, error) {
	a := &attempt{job: j}
	return a.resume(ctx)
}

// takeOver goes on with an attempt that another engine began. ErrNoPod tells
// that nothing of it runs any more.
func (a *attempt) takeOver(ctx context.Context) error {
	a.source.hide(a.def.Moving.SourceSecrets)
	a.dest.hide(a.def.Moving.DestinationSecrets)
	if err := a.succeed(ctx); err != nil {
		return err
	}
	r, err := a.attach(ctx)
	if err != nil {
		return err
	}
	return a.relay(ctx, r)
}

// succeed writes down that this engine goes on with the attempt. The bridges
// learn by it that the lease is still that of their sync.
func (a *attempt) succeed(ctx context.Context) error {
	c := a.current()
	c.Relays = append(c.Relays, store.Succession{Epoch: a.lease.Epoch(), Holder: a.engine.Holder, At: time.Now()})
	return while("writing down who goes on with the sync", a.lease.SaveSync(ctx, a.record))
}

// settle ends the pods of an attempt whose connectors have ended.
func (a *attempt) settle(r runs) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for _, run := range r.attached {
		if err := run.Done(ctx); err != nil {
			a.log.engine("DEBUG", "a pod was perhaps not told that all is settled: "+err.Error())
		}
	}
	a.remove(ctx)
}

// remove removes what is left of the sync's pods. What cannot be removed ends
// with its lease; what remains of it is swept.
func (a *attempt) remove(ctx context.Context) {
	if a.engine.pods() == nil {
		return
	}
	if err := a.engine.pods().Remove(ctx, a.lease.Connection(), a.record.ID); err != nil {
		a.warn("the pods of the sync could not be removed, they end by themselves: " + err.Error())
	}
}
