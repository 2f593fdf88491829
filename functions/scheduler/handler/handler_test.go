package handler_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/functions/internal/asktest"
	"knelt.dev/functions/scheduler/handler"
	"knelt.dev/pkg/scheduler"
	"knelt.dev/pkg/store"
)

// fake is a scheduler that notes how it was called.
type fake struct {
	ticks   []time.Time
	results []string
	report  scheduler.Report
	err     error
}

func (f *fake) Tick(_ context.Context, now time.Time) (scheduler.Report, error) {
	f.ticks = append(f.ticks, now)
	return f.report, f.err
}

func (f *fake) Result(_ context.Context, r *events.SyncResult) error {
	f.results = append(f.results, r.EventID())
	return f.err
}

func (f *fake) Started(_ context.Context, r *events.SyncStart) error {
	f.results = append(f.results, r.EventID())
	return f.err
}

func ping() event.Event {
	e := event.New()
	e.SetID("1")
	e.SetSource("/apis/v1/namespaces/knelt-system/pingsources/knelt-tick")
	e.SetType(handler.Ping)
	return e
}

var due = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)

func newEvent(t *testing.T, p events.Payload) event.Event {
	t.Helper()
	e, err := events.New(events.Origin{Source: events.FromSync}, p)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func run() events.Run {
	return events.Run{Connection: events.Ref{Namespace: "team", Name: "orders"}, Due: due, Attempt: 1}
}

func TestPingsTickAndResultsAreLearntFrom(t *testing.T) {
	f := &fake{}
	h := &handler.Handler{Scheduler: f, Now: func() time.Time { return due }}
	for _, e := range []event.Event{
		ping(),
		newEvent(t, &events.SyncStart{Run: run(), Sync: 1, Epoch: 1, Started: due}),
		newEvent(t, &events.SyncResult{Run: run(), Outcome: events.Failed, Reasons: []string{"x"}, Ended: due}),
		newEvent(t, &events.SyncResult{Run: run(), Outcome: events.Succeeded, Ended: due}),
	} {
		if reply, err := h.Handle(t.Context(), e); reply != nil || err != nil {
			t.Errorf("%s: %v, %v", e.Type(), reply, err)
		}
	}
	key := "team/orders/sync/2026-03-01T02:00:00Z/1"
	want := strings.Join([]string{key + "/started", key + "/failed", key + "/succeeded"}, " ")
	if got := strings.Join(f.results, " "); len(f.ticks) != 1 || !f.ticks[0].Equal(due) || got != want {
		t.Errorf("ticks %v, learnt from %s, want %s", f.ticks, got, want)
	}
	_, err := h.Handle(t.Context(), newEvent(t, &events.SyncRequest{Run: run(), Reason: events.ByHand}))
	if !errors.As(err, new(*events.UnknownTypeError)) {
		t.Errorf("a request is taken for a result: %v", err)
	}
}

func TestATickByHTTPIsAnsweredByWhatItDid(t *testing.T) {
	f := &fake{report: scheduler.Report{Looked: 1, Asked: []events.Run{run()}, Problems: []scheduler.Problem{{Connection: "team/bad", Problem: "no Source"}}}}
	h := &handler.Handler{Scheduler: f}
	post := asktest.Serve(t, h.Function())
	a := post(t.Context(), "/ticks", "application/json", "")
	if a.Status != 200 || !strings.Contains(a.Body, `"looked":1`) || !strings.Contains(a.Body, `"due":"2026-03-01T02:00:00Z"`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	f.err = store.ErrUnavailable
	if a := post(t.Context(), "/ticks", "application/json", ""); a.Status != 503 {
		t.Errorf("with its store away: %d %s", a.Status, a.Body)
	}
	if a := post(t.Context(), "/", "application/json", "{}"); a.Status < 400 || a.Status >= 500 {
		t.Errorf("what is no event: %d %s", a.Status, a.Body)
	}
}

func TestLeftoversAreSweptNowAndThen(t *testing.T) {
	now, sweeps := due, 0
	var trouble error
	h := &handler.Handler{Scheduler: &fake{}, Now: func() time.Time { return now }, Sweep: func(context.Context) error {
		sweeps++
		return trouble
	}}
	tick := func(want int) {
		t.Helper()
		_, err := h.Tick(t.Context())
		if sweeps != want || !errors.Is(err, trouble) {
			t.Errorf("%s after the first tick: swept %d times, error %v", now.Sub(due), sweeps, err)
		}
	}
	tick(1)
	tick(1)
	now = due.Add(5 * time.Minute)
	trouble = errors.New("the API server is away")
	tick(2)
	tick(3) // what failed is tried again
	trouble = nil
	tick(4)
	now = due // a clock that was put back
	tick(5)
}

func TestItTicksByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{err: errors.New("a tick that fails stops no other")}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute+time.Second)
		defer stop()
		(&handler.Handler{Scheduler: f}).Run(ctx, 10*time.Second)
		if len(f.ticks) != 7 {
			t.Errorf("%d ticks in a minute", len(f.ticks))
		}
	})
}

// TestOthersHearOfEventsAndTicksAfterTheScheduler, and have an event come again
// that they could not tell.
func TestOthersHearOfEventsAndTicksAfterTheScheduler(t *testing.T) {
	var told []string
	away := errors.New("the webhook is away")
	f := &fake{report: scheduler.Report{Planned: 1}}
	h := &handler.Handler{
		Scheduler: f, Now: func() time.Time { return due },
		Told: func(_ context.Context, e event.Event) error {
			told = append(told, e.Type())
			return away
		},
		Ticked: func(_ context.Context, r scheduler.Report) error {
			told = append(told, "tick")
			if r.Planned != 1 {
				t.Errorf("told of %+v", r)
			}
			return nil
		},
	}
	result := newEvent(t, &events.SyncResult{Run: run(), Outcome: events.Succeeded, Ended: due})
	if _, err := h.Handle(t.Context(), result); !errors.Is(err, away) || len(f.results) != 1 {
		t.Errorf("error %v after the results %v", err, f.results)
	}
	if _, err := h.Handle(t.Context(), ping()); err != nil {
		t.Error(err)
	}
	if want := events.SyncSucceeded + " tick"; strings.Join(told, " ") != want {
		t.Errorf("told %v, want %s", told, want)
	}
}
