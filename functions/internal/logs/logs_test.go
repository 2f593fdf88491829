package logs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"knelt.dev/functions/internal/cluster"
	"knelt.dev/functions/internal/logs"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

// records are the syncs of one connection.
type records map[int64]store.SyncRecord

func (r records) Sync(_ context.Context, _ string, id int64) (store.SyncRecord, error) {
	if id < 0 {
		return store.SyncRecord{}, store.ErrUnavailable
	}
	s, ok := r[id]
	if !ok {
		return s, store.ErrNotFound
	}
	return s, nil
}

func settings(t *testing.T, variables map[string]string) (cluster.Settings, error) {
	t.Helper()
	return cluster.FromEnv(func(name string) string {
		if name == "KNELT_STORE" {
			return "redis://localhost"
		}
		return variables[name]
	})
}

func TestLogsAreFilesUnlessABucketIsNamed(t *testing.T) {
	s, err := settings(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := logs.Open(t.Context(), s, records{}); b != nil || err != nil {
		t.Errorf("opened %v, %v", b, err)
	}
}

func TestSettingsOfLogs(t *testing.T) {
	s, err := settings(t, map[string]string{"KNELT_LOGS": "s3://x", "KNELT_LOGS_KEEP": "0", "KNELT_LOGS_FLUSH": "1s"})
	if err != nil || s.LogsKeep != 0 || s.LogsFlush != time.Second || s.LogsKeepFor != 720*time.Hour {
		t.Errorf("%+v, %v", s, err)
	}
	_, err = settings(t, map[string]string{"KNELT_LOGS_KEEP": "-1", "KNELT_LOGS_FLUSH": "5", "KNELT_LOGS_KEEP_FOR": "month"})
	for _, name := range []string{"KNELT_LOGS_KEEP", "KNELT_LOGS_FLUSH", "KNELT_LOGS_KEEP_FOR"} {
		if err == nil || !strings.Contains(err.Error(), name+" is") {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
}

// TestAFollowerIsToldByTheStoreWhenASyncIsOver: the log was never closed.
func TestAFollowerIsToldByTheStoreWhenASyncIsOver(t *testing.T) {
	s, err := settings(t, map[string]string{"KNELT_LOGS": "file://" + t.TempDir(), "KNELT_LOGS_FLUSH": "1ms"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := logs.Open(t.Context(), s, records{
		1: {Status: store.Failed, Attempts: []store.Attempt{{Number: 1, Status: store.Failed}}},
		2: {Status: store.Running, Attempts: []store.Attempt{{Number: 1, Status: store.Failed}, {Number: 2, Status: store.Running}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // a bucket of files has nothing to lose
	for _, c := range []struct {
		name    synclog.Name
		running bool
	}{{name(1, 1), false}, {name(2, 1), false}, {name(2, 2), true}, {name(3, 1), false}} {
		l, err := b.Open(c.name, 1, synclog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() //nolint:errcheck // what is written is read below
		l.Write(synclog.Entry{Message: "x"})
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		var last error
		for _, err := range b.Read(ctx, c.name, synclog.Query{Follow: true}) {
			last = err
		}
		cancel()
		if stayed := errors.Is(last, context.DeadlineExceeded); stayed != c.running {
			t.Errorf("%v: the follower ended with %v", c.name, last)
		}
	}
	for _, err := range b.Read(t.Context(), name(-1, 1), synclog.Query{Follow: true}) {
		if !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("without the store: %v", err)
		}
	}
}

func name(sync int64, attempt int) synclog.Name {
	return synclog.Name{Connection: "team/orders", Sync: sync, Attempt: attempt}
}
