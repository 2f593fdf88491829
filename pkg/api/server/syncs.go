package server

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

func (s *Server) listSyncs(ctx context.Context, r *request) (any, error) {
	limit, err := r.limit()
	if err != nil {
		return nil, err
	}
	before, err := decodeNumber(r.Query.Get("cursor"))
	if err != nil {
		return nil, err
	}
	if _, err := s.Documents.Connection(ctx, r.ref); err != nil {
		return nil, err
	}
	records, err := s.Store.Syncs(ctx, r.key(), before, limit+1)
	if err != nil {
		return nil, err
	}
	page := api.Page[api.SyncRow]{Items: []api.SyncRow{}}
	if len(records) > limit {
		records = records[:limit]
		page.Next = encodeCursor(strconv.FormatInt(records[limit-1].ID, 10))
	}
	for _, record := range records {
		row, err := s.syncRow(ctx, record)
		if err != nil {
			return nil, err
		}
		page.Items = append(page.Items, row)
	}
	return page, nil
}

func (s *Server) syncRow(ctx context.Context, r store.SyncRecord) (api.SyncRow, error) {
	row := api.SyncRow{ID: r.ID, Status: api.Status(r.Status), Kind: api.KindSync, Started: r.Started, Ended: r.Ended, AttemptCount: len(r.Attempts)}
	_, reset, err := engine.Wanted(r)
	if err != nil {
		return row, err
	}
	if reset {
		row.Kind = api.KindReset
	}
	for _, a := range r.Attempts {
		records, bytes := moved(a)
		row.Records, row.Bytes = row.Records+records, row.Bytes+bytes
		row.Due, row.Reasons = dueOf(a), a.Reasons
	}
	if r.Status == store.Running {
		runs, err := s.isRun(ctx, r.Connection)
		if err != nil {
			return row, err
		}
		row.Abandoned = !runs
	}
	return row, nil
}

func dueOf(a store.Attempt) time.Time {
	due, _ := events.DueOf(a.Request) // zero for a request that was no event
	return due
}

// moved gives what was relayed in an attempt.
func moved(a store.Attempt) (records, bytes int64) {
	var l struct {
		Total struct {
			Relayed int64 `json:"relayed"`
			Bytes   int64 `json:"bytes"`
		} `json:"total"`
	}
	if json.Unmarshal(a.Ledger, &l) != nil { // none yet
		return 0, 0
	}
	return l.Total.Relayed, l.Total.Bytes
}

// record finds a sync of a connection that there is.
func (s *Server) record(ctx context.Context, r *request) (store.SyncRecord, error) {
	if _, err := s.Documents.Connection(ctx, r.ref); err != nil {
		return store.SyncRecord{}, err
	}
	record, err := s.Store.Sync(ctx, r.key(), r.id)
	if err != nil {
		return record, fmt.Errorf("sync %d of connection %s: %w", r.id, r.key(), err)
	}
	return record, nil
}

func (s *Server) getSync(ctx context.Context, r *request) (any, error) {
	record, err := s.record(ctx, r)
	if err != nil {
		return nil, err
	}
	return s.sync(ctx, record)
}

func (s *Server) sync(ctx context.Context, record store.SyncRecord) (api.Sync, error) {
	row, err := s.syncRow(ctx, record)
	if err != nil {
		return api.Sync{}, err
	}
	made := api.Sync{SyncRow: row, Attempts: make([]api.Attempt, 0, len(record.Attempts))}
	if made.Refresh, _, err = engine.Wanted(record); err != nil {
		return made, err
	}
	for _, a := range record.Attempts {
		shown, err := attemptOf(a)
		if err != nil {
			return made, err
		}
		made.Attempts = append(made.Attempts, shown)
	}
	if record.Status == store.Running {
		made.Cancelling, err = s.cancelling(ctx, record.Connection, record.ID)
	}
	if err != nil {
		return made, err
	}
	plan, err := s.Plans.Plan(ctx, record.Connection)
	if n := len(record.Attempts); n > 0 && plan.Key != "" && record.Attempts[n-1].Request == plan.Key {
		made.Reason = plan.Reason
	}
	return made, err
}

func attemptOf(a store.Attempt) (api.Attempt, error) {
	made := api.Attempt{
		Number: a.Number, Epoch: a.Epoch, Status: api.Status(a.Status), Due: dueOf(a), Started: a.Started, Ended: a.Ended,
		Reasons: a.Reasons, Final: a.Final,
	}
	for _, r := range a.Relays {
		made.Relays = append(made.Relays, api.Relay{Epoch: r.Epoch, Holder: r.Holder, At: r.At})
	}
	if len(a.Ledger) == 0 {
		return made, nil
	}
	made.Ledger = &replication.Ledger{}
	if err := json.Unmarshal(a.Ledger, made.Ledger); err != nil {
		return made, fmt.Errorf("reading the ledger of attempt %d: %w", a.Number, err)
	}
	if made.Ledger.Streams == nil {
		made.Ledger.Streams = []replication.StreamLedger{}
	}
	return made, nil
}

func (s *Server) startSync(ctx context.Context, r *request) (any, error) {
	wish := api.SyncWish{Kind: api.KindSync}
	if len(r.Body) > 0 {
		if err := r.JSON(&wish); err != nil {
			return nil, err
		}
	}
	switch wish.Kind {
	case "":
		wish.Kind = api.KindSync
	case api.KindSync:
	case api.KindReset:
		if err := r.who.may(api.Admin, "a reset, which deletes rows,"); err != nil {
			return nil, err
		}
	default:
		return nil, &host.Error{Cause: host.Invalid, Detail: "there is no such kind of sync", Fields: []host.Field{{Pointer: "/kind", Detail: "must be sync or reset"}}}
	}
	for i, stream := range wish.Refresh {
		if stream.Name == "" {
			return nil, &host.Error{Cause: host.Invalid, Detail: "a stream has no name", Fields: []host.Field{{Pointer: fmt.Sprintf("/refresh/%d/name", i), Detail: "must not be empty"}}}
		}
	}
	d, err := s.Documents.Connection(ctx, r.ref)
	if err != nil {
		return nil, err
	}
	if d.Problem != "" {
		return nil, &host.Error{Cause: host.Invalid, Detail: d.Problem}
	}
	if info, held, err := s.Store.LeaseOf(ctx, r.key()); err != nil || held && !info.HandedOver && store.ProcessAlive(info.Holder) {
		return nil, heldOr(err, r.key(), info)
	}
	run, err := s.Scheduler.Wanted(ctx, r.ref, wish)
	if err != nil {
		return nil, err
	}
	s.Changed()
	return api.Accepted{Run: run.Key(), Due: run.Due}, nil
}

func heldOr(err error, key string, info store.LeaseInfo) error {
	if err != nil {
		return err
	}
	return &store.HeldError{Connection: key, Info: info}
}

// cancelFor is how long a wish to end a sync is kept: a function that crashed
// has a successor within minutes.
const cancelFor = time.Hour

func (s *Server) cancelSync(ctx context.Context, r *request) (any, error) {
	record, err := s.record(ctx, r)
	if err != nil {
		return nil, err
	}
	if record.Status != store.Running {
		return nil, &host.Error{Cause: host.Invalid, Detail: fmt.Sprintf("sync %d has ended: %s", record.ID, record.Status)}
	}
	if err := s.Cancels.AskCancel(ctx, r.key(), record.ID, cancelFor); err != nil {
		return nil, err
	}
	return s.sync(ctx, record)
}
