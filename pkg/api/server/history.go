package server

import (
	"context"
	"iter"
	"sort"

	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

// History gives Plans where no scheduler remembers anything: they tell of the
// records alone.
type History struct {
	Store interface {
		Store
		Connections(ctx context.Context) ([]string, error)
	}
}

// Plans implements Plans.
func (h History) Plans(ctx context.Context, after string, limit int) ([]Plan, string, error) {
	names, err := h.Store.Connections(ctx)
	if err != nil {
		return nil, "", err
	}
	names = names[sort.Search(len(names), func(i int) bool { return names[i] > after }):]
	next := ""
	if len(names) > limit {
		names, next = names[:limit], names[limit-1]
	}
	plans := make([]Plan, len(names))
	for i, name := range names {
		if plans[i], err = h.Plan(ctx, name); err != nil {
			return nil, "", err
		}
	}
	return plans, next, nil
}

// Plan implements Plans.
func (h History) Plan(ctx context.Context, connection string) (Plan, error) {
	p := Plan{Connection: connection}
	records, err := h.Store.Syncs(ctx, connection, 0, 2)
	if err != nil {
		return p, err
	}
	for _, r := range records {
		if r.Status != store.Running {
			p.Last = lastOf(r)
			return p, nil
		}
		p.Asked = r.Started
	}
	return p, nil
}

// LogFolder reads the logs that an engine keeps in its home: the folder is
// engine.LogsDir.
type LogFolder string

// Read implements Logs.
func (f LogFolder) Read(ctx context.Context, n LogName, q synclog.Query) iter.Seq2[synclog.Entry, error] {
	return synclog.Read(ctx, synclog.Dir(string(f), n.Connection, n.Sync, n.Attempt), q)
}
