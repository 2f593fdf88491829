// Package logs keeps the logs of syncs where the settings of functions say. It is
// apart from package cluster so that functions without syncs link no storage.
package logs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"

	"knelt.dev/functions/internal/cluster"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
	"knelt.dev/pkg/synclog/bucket"
)

// Records tells of syncs; every store does.
type Records interface {
	Sync(ctx context.Context, connection string, id int64) (store.SyncRecord, error)
}

// Open opens the bucket of the settings; nil if they name none.
func Open(ctx context.Context, s cluster.Settings, records Records) (*bucket.Bucket, error) {
	if s.Logs == "" {
		return nil, nil
	}
	return bucket.Open(ctx, s.Logs, bucket.Options{
		FlushEvery: s.LogsFlush, Keep: limit(s.LogsKeep), KeepFor: limit(s.LogsKeepFor),
		Running: running(records),
		Trouble: func(n synclog.Name, err error) {
			slog.Warn("lines of a sync's log wait: the bucket does not take them",
				"connection", n.Connection, "sync", n.Sync, "attempt", n.Attempt, "error", err)
		},
	})
}

// limit is -1 for none, which is 0 in settings.
func limit[N ~int | ~int64](n N) N {
	if n == 0 {
		return -1
	}
	return n
}

// running tells whether an attempt goes on, by its record.
func running(records Records) func(context.Context, synclog.Name) (bool, error) {
	return func(ctx context.Context, n synclog.Name) (bool, error) {
		r, err := records.Sync(ctx, n.Connection, n.Sync)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		for _, a := range r.Attempts {
			if a.Number == n.Attempt {
				return a.Status == store.Running, nil
			}
		}
		return r.Status == store.Running, nil // it is left, and will be made again
	}
}

// Reader gives the logs of syncs to the API; kept is nil where they are gone with
// the functions that wrote them.
func Reader(kept *bucket.Bucket) server.Logs {
	if kept == nil {
		return noLogs{}
	}
	return bucketLogs{kept}
}

type bucketLogs struct{ bucket *bucket.Bucket }

func (b bucketLogs) Read(ctx context.Context, n server.LogName, q synclog.Query) iter.Seq2[synclog.Entry, error] {
	return b.bucket.Read(ctx, synclog.Name(n), q)
}

type noLogs struct{}

func (noLogs) Read(context.Context, server.LogName, synclog.Query) iter.Seq2[synclog.Entry, error] {
	return func(give func(synclog.Entry, error) bool) {
		give(synclog.Entry{}, fmt.Errorf("logs are not kept: set KNELT_LOGS to a bucket (docs/logs.md): %w", fs.ErrNotExist))
	}
}
