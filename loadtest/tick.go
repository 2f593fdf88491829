package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/scheduler"
	"knelt.dev/pkg/store/redis"
)

// ticks is how many ticks are measured: in each of the first hundred minutes of
// a day one connection of a hundred is due.
const ticks = 100

// persistence is how Redis is run: as docs/store.md asks for it, and without a
// disk, which tells what the disk's part is.
var persistence = map[string][]string{
	"every write on disk": {"--appendonly", "yes", "--appendfsync", "always"},
	"in memory":           {"--appendonly", "no"},
}

// runTick measures ticks of the scheduler over a real Redis and a receiver of
// events on loopback, with 1 % of the connections due in each.
func runTick(ctx context.Context, o options) (*table, error) {
	t := &table{
		Columns: []string{"p50 ms", "p99 ms", "max ms", "asked", "first tick ms", "tick with nothing due ms"}, Bars: "p99 ms",
		Notes: []string{
			fmt.Sprintf("%d ticks each (half as many with 100000 connections); 1 %% of the connections is due in each, and their results have come before the next", ticks),
			"every request is written twice and posted to a receiver on the same machine; 16 side by side",
			"each tick also looks through 500 plans; the first tick plans all connections; goal: 10000 connections with 1 % due under 300 ms",
		},
	}
	for _, n := range []int{1000, 10_000, 100_000} {
		for _, how := range []string{"every write on disk", "in memory"} {
			if err := tickRow(ctx, o, t, n, how); err != nil {
				return nil, fmt.Errorf("%d connections, %s: %w", n, how, err)
			}
		}
	}
	return t, nil
}

func tickRow(ctx context.Context, o options, t *table, n int, how string) (err error) {
	w, err := newTickWorld(ctx, o, n, persistence[how])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	first, err := w.tick(ctx)
	if err != nil {
		return err
	}
	idle, err := w.tick(ctx)
	if err != nil || w.asked != 0 {
		return fmt.Errorf("%d requests before anything is due (%w)", w.asked, err)
	}
	var took []float64
	measured := ticks
	if n == 100_000 {
		measured = ticks / 2 // their results take long, too
	}
	for range measured {
		one, err := w.tick(ctx)
		if err != nil {
			return err
		}
		if w.asked != n/100 {
			return fmt.Errorf("%d requests in a tick, want %d", w.asked, n/100)
		}
		if err := w.end(ctx); err != nil {
			return err
		}
		took = append(took, one)
	}
	slices.Sort(took)
	t.add(fmt.Sprintf("%d connections, %s", n, how), took[len(took)/2], took[len(took)*99/100-1], took[len(took)-1], float64(n)/100, first, idle)
	return nil
}

// tickWorld is a scheduler with many connections.
type tickWorld struct {
	redis     *proc
	db        *redis.Store
	receiver  *http.Server
	scheduler *scheduler.Scheduler
	now       time.Time
	asked     int
	runs      []events.Run
}

func newTickWorld(ctx context.Context, o options, n int, settings []string) (*tickWorld, error) {
	dir, err := os.MkdirTemp(o.dir, "tick-")
	if err != nil {
		return nil, err
	}
	w := &tickWorld{now: time.Date(2026, 3, 1, 23, 58, 0, 0, time.UTC)}
	socket := filepath.Join(dir, "redis.sock")
	args := append([]string{"--port", "0", "--unixsocket", socket, "--dir", dir, "--save", ""}, settings...)
	if w.redis, err = start(ctx, "redis-server", exec.Command("redis-server", args...)); err != nil {
		return nil, err
	}
	if err = await(ctx, "the store", func() bool { _, err := os.Stat(socket); return err == nil }); err == nil {
		w.db, err = redis.Open(ctx, "unix://"+socket, redis.Options{})
	}
	var sink poster
	if err == nil {
		sink, w.receiver, err = receive(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	w.scheduler = &scheduler.Scheduler{Store: w.db, Documents: many(n), Emit: sink}
	return w, nil
}

func (w *tickWorld) close() error {
	var err error
	if w.receiver != nil {
		err = w.receiver.Close()
	}
	if w.db != nil {
		err = errors.Join(err, w.db.Close())
	}
	w.redis.kill()
	<-w.redis.done
	return err
}

// tick makes the next minute's tick and gives how many milliseconds it took.
func (w *tickWorld) tick(ctx context.Context) (float64, error) {
	began := time.Now()
	r, err := w.scheduler.Tick(ctx, w.now)
	took := time.Since(began)
	w.now, w.asked, w.runs = w.now.Add(time.Minute), len(r.Asked), r.Asked
	return float64(took.Microseconds()) / 1000, err
}

// end has the syncs of a tick succeed.
func (w *tickWorld) end(ctx context.Context) error {
	var all sync.WaitGroup
	errs := make([]error, 16)
	for i := range errs {
		all.Go(func() {
			for n := i; n < len(w.runs); n += len(errs) {
				r := &events.SyncResult{Run: w.runs[n], Sync: 1, Outcome: events.Succeeded, Started: w.now, Ended: w.now}
				errs[i] = errors.Join(errs[i], w.scheduler.Result(ctx, r))
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// many are so many connections, as a source of documents that knows when they
// have changed.
type many int

// Version implements scheduler.Documents.
func (m many) Version(context.Context) (string, error) { return fmt.Sprint(int(m)), nil }

// List implements scheduler.Documents. Each connection has one of a hundred
// minutes of the day.
func (m many) List(context.Context) ([]scheduler.Document, error) {
	list := make([]scheduler.Document, m)
	for i := range list {
		minute := i % ticks
		c := &connection.Connection{Spec: connection.ConnectionSpec{
			Source: "shop", Destination: "lake",
			Schedule: &connection.Schedule{Cron: fmt.Sprintf("%d %d * * *", minute%60, minute/60), TimeZone: "Europe/Lisbon", CatchUp: connection.CatchUpOnce},
		}}
		list[i] = scheduler.Document{Ref: events.Ref{Namespace: fmt.Sprint("team-", i%50), Name: fmt.Sprintf("orders-%06d", i)}, Revision: "1", Connection: c}
	}
	return list, nil
}

// poster posts events to a receiver.
type poster struct {
	url    string
	client *http.Client
}

// receive starts a receiver that takes all events.
func receive(ctx context.Context) (poster, *http.Server, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return poster{}, nil, err
	}
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // whoever breaks off is told by the client
		w.WriteHeader(http.StatusAccepted)
	})}
	go func() { _ = server.Serve(l) }() // it ends by Close
	return poster{"http://" + l.Addr().String(), &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}}, server, nil
}

// Send implements scheduler.Emitter.
func (p poster) Send(ctx context.Context, e event.Event) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", event.ApplicationCloudEventsJSON)
	answer, err := p.client.Do(r)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("the receiver answered %s", answer.Status)
	}
	return errors.Join(err, answer.Body.Close())
}
