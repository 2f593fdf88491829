package fakeapi

import (
	"fmt"
	"slices"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// streamsOf are the streams of a connection.
func streamsOf(c *Connection) []Stream {
	keyed := func(name, cursor string, generation int64, state bool) Stream {
		return Stream{
			Namespace: "public", Name: name, SyncMode: "incremental", DestinationSyncMode: "append_dedup",
			CursorField: []string{cursor}, PrimaryKey: [][]string{{"id"}}, Selected: true, Generation: generation, State: state,
		}
	}
	whole := Stream{Namespace: "public", Name: "currencies", SyncMode: "full_refresh", DestinationSyncMode: "overwrite", Selected: true, Generation: lastID(c)}
	ran := c.Last != nil
	all := []Stream{whole, keyed(c.Name, "updated_at", 2, ran), keyed(c.Name+"_lines", "id", 1, ran)}
	if c.Name == "stock" {
		all = append(all, Stream{Namespace: "public", Name: "old_prices", Generation: 4, State: true})
	}
	return all
}

// syncOf makes a sync of a connection: what its row says of the last one, and
// something like it for those before. The lock is held.
func (w *World) syncOf(c *Connection, id int64) Sync {
	if s := w.started[key(c)]; s != nil && s.ID == id {
		return *s
	}
	if c.Running != nil && c.Running.ID == id {
		return w.oldRunning(c)
	}
	s := Sync{SyncRow: SyncRow{ID: id, Status: api.Succeeded, Kind: "sync", Reason: "schedule", AttemptCount: 1}}
	r := chance(key(c), id)
	if c.Last.ID == id {
		s.Status, s.Started, s.Ended = c.Last.Status, c.Last.Started, c.Last.Ended
	} else {
		if n := r.IntN(20); n == 0 {
			s.Status = api.Failed
		} else if n == 1 {
			s.Status = api.Incomplete
		}
		s.Started = c.Last.Started.Add(-time.Duration(c.Last.ID-id)*time.Hour - time.Duration(r.IntN(300))*time.Second)
		s.Ended = s.Started.Add(time.Duration(20+r.IntN(500)) * time.Second)
	}
	s.Due = s.Started.Add(-2 * time.Second)
	if r.IntN(12) == 0 {
		s.Reason = "manual"
	}
	s.Attempts = attemptsOf(c, &s)
	s.AttemptCount = len(s.Attempts)
	l := s.Attempts[len(s.Attempts)-1].Ledger
	s.Records, s.Bytes, s.Reasons = l.Total.Relayed, l.Total.Bytes, l.Reasons
	return s
}

// attemptsOf gives a failed first attempt to every sync that failed.
func attemptsOf(c *Connection, s *Sync) []Attempt {
	final := Attempt{Number: 1, Epoch: s.ID + 3, Status: s.Status, Started: s.Started, Ended: s.Ended, Ledger: ledgerOf(c, s.ID, s.Status)}
	final.Reasons = final.Ledger.Reasons
	if s.Status != api.Failed {
		return []Attempt{final}
	}
	took := s.Ended.Sub(s.Started)
	first := final
	first.Ended = s.Started.Add(took / 3)
	final.Number, final.Epoch, final.Started = 2, first.Epoch+1, s.Started.Add(took/2)
	final.Relays = []Relay{{Epoch: final.Epoch + 1, Holder: "sync-00007-deployment-5d8/1/88/4f2/1", At: s.Started.Add(took * 3 / 4)}}
	return []Attempt{first, final}
}

// oldRunning is a sync that ran when the world began.
func (w *World) oldRunning(c *Connection) Sync {
	began := c.Running.Started.Add(-6 * time.Minute)
	s := Sync{SyncRow: SyncRow{ID: c.Running.ID, Status: api.Running, Kind: "sync", Reason: "schedule", Due: began.Add(-time.Second), Started: began, AttemptCount: c.Running.Attempt}}
	if c.Running.Attempt > 1 {
		failed := ledgerOf(c, s.ID, api.Failed)
		s.Attempts = []Attempt{{Number: 1, Epoch: s.ID + 3, Status: api.Failed, Started: began, Ended: began.Add(4 * time.Minute), Reasons: failed.Reasons, Ledger: failed}}
	} else {
		s.Started = c.Running.Started
	}
	s.Attempts = append(s.Attempts, Attempt{
		Number: c.Running.Attempt, Epoch: s.ID + 5, Status: api.Running, Started: c.Running.Started,
		Relays: []Relay{
			{Epoch: s.ID + 6, Holder: "sync-00007-deployment-5d8/1/88/4f2/1", At: c.Running.Started.Add(90 * time.Second)},
			{Epoch: s.ID + 7, Holder: "sync-00007-deployment-9kq/1/12/91c/1", At: c.Running.Started.Add(190 * time.Second)},
		},
	})
	return s
}

// ledgerOf makes the ledger of an attempt that ended so.
func ledgerOf(c *Connection, id int64, status api.Status) *replication.Ledger {
	r := chance(c.Name, id, "rows")
	total := 2000 + int64(r.IntN(9000))
	if c.Last != nil {
		total = max(3, c.Last.Records)
		if c.Last.ID != id {
			total = max(3, total*int64(60+r.IntN(70))/100)
		}
	}
	l := &replication.Ledger{Outcome: store.Status(status), Source: side(0, total+40, total*230), Destination: side(0, 9, 2000), Elapsed: 71 * time.Second}
	shares := []int64{total / 50, total * 3 / 5, 0}
	shares[2] = total - shares[0] - shares[1]
	for i, s := range streamsOf(c)[:3] {
		l.Streams = append(l.Streams, replication.StreamLedger{
			Stream: airbyte.Descriptor{Namespace: s.Namespace, Name: s.Name}, Counts: counts(shares[i], 4), Status: airbyte.Complete, Complete: true,
		})
	}
	spoil(c, l, status)
	for _, s := range l.Streams {
		add(&l.Total, s.Counts)
	}
	return l
}

// emptied is the ledger of a reset: of some streams, or of all.
func emptied(c *Connection, streams []airbyte.Descriptor) *replication.Ledger {
	l := &replication.Ledger{Outcome: store.Succeeded, Source: side(0, 1, 90), Destination: side(0, 1, 90), Elapsed: time.Second}
	for _, s := range streamsOf(c)[:3] {
		d := airbyte.Descriptor{Namespace: s.Namespace, Name: s.Name}
		if len(streams) == 0 || slices.Contains(streams, d) {
			l.Streams = append(l.Streams, replication.StreamLedger{Stream: d, Counts: counts(0, 1), Status: airbyte.Complete, Complete: true})
			add(&l.Total, counts(0, 1))
		}
	}
	return l
}

// spoil makes the ledger of an attempt that did not succeed.
func spoil(c *Connection, l *replication.Ledger, status api.Status) {
	s := &l.Streams[1]
	switch status {
	case api.Incomplete:
		*s.DestinationSaid -= 12
		s.Reasons = []string{fmt.Sprintf("%d records were relayed, the destination says %d written and 0 rejected", s.Relayed, *s.DestinationSaid)}
		l.Reasons = []string{fmt.Sprintf("stream %s: %s", s.Stream, s.Reasons[0])}
		l.Notes = []string{"stream old_prices is not part of this connection: 14 records of it were left out"}
	case api.Failed:
		s.Complete, s.Status, s.StatesReturned = false, airbyte.Running, s.StatesSent-2
		s.Reasons = []string{fmt.Sprintf("the destination did not return 2 of %d states", s.StatesSent)}
		l.Source.Exit = &connector.Exit{Code: 137, Signal: "SIGKILL", OOM: true, Reason: "the kernel ended it for want of memory"}
		l.Source.Errors = []replication.TraceError{{Message: "the page of 10,000 rows does not fit into memory", FailureType: airbyte.TransientError}}
		l.Reasons = []string{sourceOOM, fmt.Sprintf("stream %s: %s", s.Stream, s.Reasons[0])}
	case api.Cancelled:
		s.Complete, s.Status = false, airbyte.Incomplete
		l.Reasons = []string{"cancelled"}
	}
	if c.Last != nil && c.Last.Status == status && len(c.Last.Reasons) > 0 && c.Namespace != "shop" {
		l.Reasons = c.Last.Reasons
	}
}

func side(code int, lines, bytes int64) replication.SideLedger {
	return replication.SideLedger{Exit: &connector.Exit{Code: code}, Lines: lines, LogLines: lines / 3, Bytes: bytes}
}

func counts(records, states int64) replication.Counts {
	said, written, rejected := records, records, int64(0)
	return replication.Counts{Relayed: records, Bytes: records * 261, SourceSaid: &said, SourceCovered: records, DestinationSaid: &written, Rejected: &rejected, DestinationCovered: records, StatesSent: states, StatesReturned: states}
}

func add(t *replication.Counts, c replication.Counts) {
	sum := func(a, b *int64) *int64 {
		var n int64
		if a != nil {
			n = *a
		}
		n += *b
		return &n
	}
	t.Relayed += c.Relayed
	t.Bytes += c.Bytes
	t.SourceSaid, t.DestinationSaid, t.Rejected = sum(t.SourceSaid, c.SourceSaid), sum(t.DestinationSaid, c.DestinationSaid), sum(t.Rejected, c.Rejected)
	t.SourceCovered += c.SourceCovered
	t.DestinationCovered += c.DestinationCovered
	t.StatesSent += c.StatesSent
	t.StatesReturned += c.StatesReturned
}
