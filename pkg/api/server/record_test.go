package server_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

// lease takes a connection's lease in the name of a living process.
func (w *world) lease(t *testing.T, name string) store.Lease {
	t.Helper()
	l, err := w.store.Acquire(t.Context(), name, store.ProcessHolder(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const ledgerText = `{"outcome":"running","streams":[{"stream":{"namespace":"public","name":"users"},"relayed":10,"bytes":100,"sourceCovered":0,"destinationSaid":7,"destinationCovered":0,"statesSent":1,"statesReturned":1,"complete":false,"status":"RUNNING","estimate":40}],"total":{"relayed":10,"bytes":100,"sourceCovered":0,"destinationCovered":0,"statesSent":1,"statesReturned":1},"source":{"lines":11,"logLines":0,"bytes":120},"destination":{"lines":1,"logLines":0,"bytes":20},"elapsedNanoseconds":1000}`

// begin writes a sync that runs.
func begin(t *testing.T, l store.Lease, definition string) store.SyncRecord {
	t.Helper()
	now := time.Now()
	r, err := l.Begin(t.Context(), store.Begin{
		Sync: store.SyncRecord{
			Status: store.Running, Started: now, Definition: json.RawMessage(definition),
			Attempts: []store.Attempt{{Number: 1, Epoch: l.Epoch(), Request: "shop/orders/sync/2026-03-01T02:00:00Z/1", Status: store.Running, Started: now, Ledger: json.RawMessage(ledgerText)}},
		},
		Generations: map[airbyte.Descriptor]int64{{Namespace: "public", Name: "users"}: 3},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// end writes how a sync has ended.
func end(t *testing.T, l store.Lease, r store.SyncRecord, status store.Status, reasons ...string) store.SyncRecord {
	t.Helper()
	r.Status, r.Ended = status, time.Now()
	a := &r.Attempts[len(r.Attempts)-1]
	a.Status, a.Ended, a.Reasons = status, time.Now(), reasons
	if err := l.SaveSync(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// writeLog writes so many lines: every tenth is a warning.
func (w *world) writeLog(t *testing.T, name server.LogName, n int) *synclog.Log {
	t.Helper()
	log, err := synclog.Open(synclog.Dir(w.logs(), name.Connection, name.Sync, name.Attempt), synclog.Options{FlushEvery: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		level := synclog.Info
		if i%10 == 0 {
			level = synclog.Warn
		}
		log.Write(synclog.Entry{Level: level, Origin: synclog.Source, Output: synclog.Stdout, Message: fmt.Sprintf("Line %d of the source", i)})
	}
	return log
}
