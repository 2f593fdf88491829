package server

import (
	"context"
	"fmt"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/store"
)

// rowOf makes the row of a connection of what is written and remembered.
func rowOf(d Document, p Plan) api.Connection {
	row := api.Connection{
		Namespace: d.Metadata.Namespace, Name: d.Metadata.Name, Source: d.Spec.Source, Destination: d.Spec.Destination,
		Schedule: d.Schedule, Next: p.Next, Paused: p.Paused, PausedBy: p.By, Last: p.Last, FailuresInRow: p.FailuresInRow, Problem: d.Problem,
	}
	if d.Paused {
		row.Paused, row.PausedBy = true, api.PausedBySpec
	}
	if row.Paused || d.Problem != "" {
		row.Next = time.Time{}
	}
	if row.Problem == "" {
		row.Problem = p.Disabled
	}
	row.Status = statusOf(row)
	return row
}

func statusOf(row api.Connection) api.Status {
	switch {
	case row.Running != nil:
		return api.Running
	case row.Last != nil:
		return row.Last.Status
	}
	return api.Never
}

// live puts in what the records and the lease say, which is the truth of now.
func (s *Server) live(ctx context.Context, row *api.Connection) error {
	key := events.Ref{Namespace: row.Namespace, Name: row.Name}.String()
	// The lease is asked first: a sync that ends between the two is seen as ended.
	runs, err := s.isRun(ctx, key)
	if err != nil {
		return err
	}
	records, err := s.Store.Syncs(ctx, key, 0, 2)
	if err != nil {
		return err
	}
	row.Running = nil
	for i, r := range records {
		if r.Status != store.Running {
			row.Last = lastOf(r)
			break
		}
		if i == 0 && runs {
			row.Running = runningOf(r)
		} else if i == 0 && row.Problem == "" {
			row.Problem = fmt.Sprintf("sync %d was interrupted: its engine was ended; the next sync goes on with it", r.ID)
		}
	}
	row.Status = statusOf(*row)
	if row.Running == nil {
		return nil
	}
	row.Running.Cancelling, err = s.cancelling(ctx, key, row.Running.ID)
	return err
}

// isRun tells whether somebody syncs a connection, or was left to do so.
func (s *Server) isRun(ctx context.Context, key string) (bool, error) {
	info, held, err := s.Store.LeaseOf(ctx, key)
	return held && (info.HandedOver || store.ProcessAlive(info.Holder)), err
}

func (s *Server) cancelling(ctx context.Context, key string, id int64) (bool, error) {
	asked, ok, err := s.Cancels.CancelAsked(ctx, key)
	return ok && asked == id, err
}

func runningOf(r store.SyncRecord) *api.RunningSync {
	running := &api.RunningSync{ID: r.ID, Started: r.Started}
	if n := len(r.Attempts); n > 0 {
		running.Attempt, running.Started = r.Attempts[n-1].Number, r.Attempts[n-1].Started
	}
	return running
}

// lastOf makes what a row says of a sync that has ended.
func lastOf(r store.SyncRecord) *api.LastSync {
	last := &api.LastSync{ID: r.ID, Status: api.Status(r.Status), Started: r.Started, Ended: r.Ended}
	if n := len(r.Attempts); n > 0 {
		a := r.Attempts[n-1]
		last.Reasons = a.Reasons
		last.Records, last.Bytes = moved(a)
	}
	return last
}
