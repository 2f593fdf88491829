package handler_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/functions/internal/documents"
	"knelt.dev/functions/scheduler/handler"
	syncs "knelt.dev/functions/sync/handler"
	"knelt.dev/pkg/connector/process"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/scheduler"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
	"knelt.dev/test/redistest"
)

const docs = `
apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop}
spec:
  connector: {command: [/bin/sh, -c, %q, source]}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: lake}
spec:
  connector: {command: [/bin/sh, -c, %q, destination]}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: orders}
spec: {source: shop, destination: lake, schedule: {cron: "0 * * * *"}}
`

const source = `case $1 in
spec) echo '{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"}}}';;
discover) echo '{"type":"CATALOG","catalog":{"streams":[{"name":"users","json_schema":{"type":"object"},"supported_sync_modes":["full_refresh"]}]}}';;
read) echo '{"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}}';;
esac`

const destination = `case $1 in
spec) echo '{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"},"supported_destination_sync_modes":["append","overwrite"]}}';;
write) grep '"STATE"';;
esac`

// broker delivers events: requests to the sync function, its replies to the
// scheduler, each of them as often as is said.
type broker struct {
	t         *testing.T
	syncs     *syncs.Handler
	scheduler *handler.Handler
	copies    int
	delivered sync.WaitGroup
}

func (b *broker) Send(_ context.Context, e event.Event) error {
	for range b.copies {
		b.delivered.Go(func() { b.deliver(e) })
	}
	return nil
}

// deliver tries again while the function says that it may help.
func (b *broker) deliver(e event.Event) {
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		reply, err := b.syncs.Handle(context.Background(), e)
		if err == nil {
			if _, err := b.scheduler.Handle(context.Background(), *reply); err != nil {
				b.t.Error(err)
			}
			return
		}
		if time.Now().After(end) {
			b.t.Errorf("the event %s was not carried out: %v", e.ID(), err)
			return
		}
	}
}

// TestAScheduleBecomesOneSyncPerDueTime from the tick to the connectors and back,
// with every event delivered three times at once and two schedulers that tick
// at the same time.
func TestAScheduleBecomesOneSyncPerDueTime(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docs.yaml"), fmt.Appendf(nil, docs, source, destination), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := redis.Open(t.Context(), redistest.Start(t).URL(), redis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing depends on it
	b := &broker{t: t, copies: 3}
	b.syncs = &syncs.Handler{Connections: documents.Folder(dir), Engine: &engine.Engine{
		Store: db, Runtime: process.New(process.Config{Root: filepath.Join(dir, "run")}), Home: filepath.Join(dir, "home"), Holder: store.ProcessHolder(),
	}}
	now := time.Now().Truncate(time.Hour).Add(-3*time.Hour - time.Minute)
	clock := func() time.Time { return now }
	planner := func() *handler.Handler {
		return &handler.Handler{Scheduler: &scheduler.Scheduler{Store: db, Documents: documents.Folder(dir), Emit: b}, Now: clock}
	}
	b.scheduler = planner()
	other := planner()
	tick := func() {
		var both sync.WaitGroup
		for _, h := range []*handler.Handler{b.scheduler, other} {
			both.Go(func() {
				if _, err := h.Handle(t.Context(), ping()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		b.delivered.Wait()
	}
	tick()
	for range 3 {
		now = now.Add(time.Hour)
		tick()
		tick()
	}
	records, err := db.Syncs(t.Context(), "orders", 0, 10)
	if err != nil || len(records) != 3 {
		t.Fatalf("%d syncs, want 3 (error %v): %+v", len(records), err, records)
	}
	for _, r := range records {
		if r.Status != store.Succeeded || len(r.Attempts) != 1 {
			t.Errorf("sync %d is %s after %d attempts: %v", r.ID, r.Status, len(r.Attempts), r.Attempts)
		}
	}
	p, err := db.Plan(t.Context(), "orders")
	if err != nil || p.Running() != nil || p.Last == nil || p.Last.ID != 3 || p.Last.Records != 1 || p.Last.Status != store.Succeeded {
		t.Errorf("the plan is %+v, %+v (error %v)", p, p.Last, err)
	}
	if !p.Last.Due.Equal(now.Truncate(time.Hour)) {
		t.Errorf("the last was due at %s, want a full hour", p.Last.Due)
	}
}
