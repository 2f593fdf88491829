package server_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/sqlite"
)

// benchWorld has ten thousand connections with plans, of which one in a hundred
// runs.
func benchWorld(b *testing.B) *world {
	b.Helper()
	w := &world{home: b.TempDir(), paused: map[string]bool{}, secrets: map[api.Scope]string{}}
	var err error
	if w.set, err = connection.Read("documents.yaml", []byte(documents)); err != nil {
		b.Fatal(err)
	}
	if w.store, err = sqlite.Open(b.Context(), filepath.Join(w.home, "state.db"), sqlite.Options{Alive: store.ProcessAlive}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			b.Error(err)
		}
	})
	w.many(10_000)
	for i := range 10_000 {
		key := fmt.Sprintf("ns-%d/c-%05d", i%3, i)
		plan := server.Plan{Connection: key, Next: time.Now().Add(time.Hour), Last: &api.LastSync{ID: 1, Status: api.Succeeded, Ended: time.Now(), Records: 100}}
		if i%100 == 0 {
			plan.Asked = time.Now().Add(time.Minute)
			l, err := w.store.Acquire(b.Context(), key, store.ProcessHolder(), time.Hour)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := l.Begin(b.Context(), store.Begin{Sync: store.SyncRecord{Status: store.Running, Started: time.Now(), Attempts: []store.Attempt{{Number: 1, Status: store.Running}}}}); err != nil {
				b.Fatal(err)
			}
		}
		w.plans.all = append(w.plans.all, plan)
	}
	slices.SortFunc(w.plans.all, func(x, y server.Plan) int { return strings.Compare(x.Connection, y.Connection) })
	w.serve(b, func(c *server.Config) { c.Local, c.Rate = []string{""}, 1_000_000 })
	return w
}

// BenchmarkListOf10000 is the list a dashboard asks for, over HTTP, while the
// view is made anew each second behind it.
func BenchmarkListOf10000(b *testing.B) {
	w := benchWorld(b)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		path := "/connections?limit=100"
		if i%2 == 1 {
			path += "&search=" + strconv.Itoa(rand.IntN(10_000))
		}
		began := time.Now()
		a := w.do(b, api.None, http.MethodGet, api.Base+path, "")
		took = append(took, time.Since(began))
		if a.status != http.StatusOK {
			b.Fatalf("%d %s", a.status, a.body)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-µs")
}
