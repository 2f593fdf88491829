package server

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

// lookEvery is how often a record is read for those who follow its sync; the
// engine saves it every two seconds.
const lookEvery = time.Second

// followLogs sends lines as they are written. The id of each is its place among
// those that are chosen, so that a client that comes again goes on behind it.
func (s *Server) followLogs(ctx context.Context, r *request) (func(context.Context, *eventWriter) error, error) {
	name, err := s.logName(ctx, r)
	if err != nil {
		return nil, err
	}
	q := logQuery(r)
	q.Follow = true
	skip, err := strconv.Atoi(r.Header.Get("Last-Event-ID"))
	if err != nil {
		skip, q.Tail = 0, max(0, r.number("tail", 0))
	}
	return func(ctx context.Context, w *eventWriter) error {
		if err := s.sendLines(ctx, w, name, q, skip); err != nil {
			return err
		}
		record, err := s.Store.Sync(ctx, name.Connection, name.Sync)
		if err != nil {
			return err
		}
		return w.send("end", "", endOfSync(record))
	}, nil
}

func (s *Server) sendLines(ctx context.Context, w *eventWriter, name LogName, q synclog.Query, skip int) error {
	at := 0
	for e, err := range s.Logs.Read(ctx, name, q) {
		if err != nil {
			return noLog(name, err)
		}
		if at++; at <= skip {
			continue
		}
		id := ""
		if q.Tail == 0 {
			id = strconv.Itoa(at)
		}
		if err := w.send("line", id, e); err != nil {
			return err
		}
	}
	return nil
}

// endOfSync is the end of a stream about a sync: its status if it has one.
func endOfSync(r store.SyncRecord) api.End {
	if r.Status == store.Running {
		return api.End{}
	}
	return api.End{Status: api.Status(r.Status)}
}

// followSync sends how far a sync is, whenever that has changed.
func (s *Server) followSync(ctx context.Context, r *request) (func(context.Context, *eventWriter) error, error) {
	record, err := s.record(ctx, r)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, w *eventWriter) error {
		var sent api.Progress
		for {
			now, err := s.progress(record)
			if err != nil {
				return err
			}
			now.At = sent.At
			if !reflect.DeepEqual(now, sent) {
				now.At = s.now().UTC().Truncate(time.Millisecond)
				if err := w.send("progress", "", now); err != nil {
					return err
				}
				sent = now
			}
			if record.Status != store.Running {
				return w.send("end", "", endOfSync(record))
			}
			if !wait(ctx, lookEvery) {
				return ctx.Err()
			}
			if record, err = s.again(ctx, record); err != nil {
				return err
			}
		}
	}, nil
}

// again reads a record that is followed. A store that is out of reach for a
// moment is no reason to end.
func (s *Server) again(ctx context.Context, before store.SyncRecord) (store.SyncRecord, error) {
	record, err := s.Store.Sync(ctx, before.Connection, before.ID)
	if errors.Is(err, store.ErrUnavailable) {
		return before, nil
	}
	return record, err
}

func (s *Server) progress(r store.SyncRecord) (api.Progress, error) {
	p := api.Progress{ID: r.ID, Status: api.Status(r.Status), Streams: []api.StreamProgress{}}
	n := len(r.Attempts)
	if n == 0 {
		return p, nil
	}
	a := r.Attempts[n-1]
	p.Attempt = a.Number
	if len(a.Ledger) == 0 {
		return p, nil
	}
	var l replication.Ledger
	if err := json.Unmarshal(a.Ledger, &l); err != nil {
		return p, err
	}
	p.Records, p.Bytes = l.Total.Relayed, l.Total.Bytes
	for _, stream := range l.Streams {
		p.Streams = append(p.Streams, api.StreamProgress{
			Stream: stream.Stream, Read: stream.Relayed, Bytes: stream.Bytes, Written: stream.DestinationSaid,
			Estimate: stream.Estimate, Status: stream.Status, Complete: stream.Complete,
		})
	}
	return p, nil
}

// followAll sends rows that have changed since the client came; it reads the
// list first.
func (s *Server) followAll(ctx context.Context, _ *request) (func(context.Context, *eventWriter) error, error) {
	before, err := s.view.get(ctx)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, w *eventWriter) error {
		for wait(ctx, lookEvery) {
			now, err := s.view.get(ctx)
			if errors.Is(err, store.ErrUnavailable) {
				continue
			}
			if err != nil {
				return err
			}
			for _, row := range changes(before, now) {
				if err := w.send("row", "", row); err != nil {
					return err
				}
			}
			before = now
		}
		return ctx.Err()
	}, nil
}

// changes gives the rows that are new or differ. Both are sorted.
func changes(before, now []api.Connection) []api.Connection {
	if len(before) > 0 && len(before) == len(now) && &before[0] == &now[0] {
		return nil
	}
	var all []api.Connection
	i := 0
	for _, row := range now {
		for i < len(before) && compareRows(before[i], row) < 0 {
			i++
		}
		if i == len(before) || compareRows(before[i], row) != 0 || !reflect.DeepEqual(before[i], row) {
			all = append(all, row)
		}
	}
	return all
}

// wait is false if ctx ends before.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
