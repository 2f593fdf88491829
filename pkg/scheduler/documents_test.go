package scheduler_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/scheduler"
	"knelt.dev/pkg/store"
)

func TestAChangedScheduleCountsFromTheNextTick(t *testing.T) {
	w := hourly(t)
	w.docs[0] = document("orders", "2", cron("30 * * * *"))
	if r := w.at(10 * time.Minute).tick(""); r.Planned != 1 {
		t.Errorf("the report is %+v", r)
	}
	if p := w.plan(); !p.Next.Equal(two.Add(30*time.Minute)) || p.Schedule != "30 * * * * UTC" || p.Source != "shop" {
		t.Errorf("the plan is %+v", p)
	}
	// Any other change leaves it as it is, with what it has to catch up.
	w.docs[0] = document("orders", "3", cron("30 * * * *"))
	w.at(45 * time.Minute).tick("02:30/1")
}

func TestARemovedConnectionIsDropped(t *testing.T) {
	w := hourly(t)
	w.docs = nil
	if r := w.at(0).tick(""); r.Dropped != 1 || len(w.plans) != 0 {
		t.Errorf("the report is %+v, plans %v", r, w.plans)
	}
	w = hourly(t)
	w.before = func(op string) error {
		if op == "List" {
			return errors.New("the API server is away")
		}
		return nil
	}
	r, err := w.at(0).scheduler().Tick(t.Context(), w.now)
	if err == nil || len(w.plans) != 1 || len(r.Asked) != 1 {
		t.Errorf("without a list: %+v, %v, plans %v", r, err, w.plans)
	}
}

func TestABrokenDocumentStopsOnlyItself(t *testing.T) {
	w := hourly(t)
	w.add("other", cron("0 * * * *"))
	w.docs[0] = scheduler.Document{Ref: w.docs[0].Ref, Revision: "2", Problem: "no Source \"shop\""}
	r := w.at(0).tick("")
	if len(r.Problems) != 1 || r.Problems[0].Connection != "team/orders" || w.plan().Problem == "" {
		t.Errorf("the report is %+v", r)
	}
	w.at(time.Hour).tick("03:00/1")
	var broken *scheduler.BrokenError
	if _, err := w.scheduler().Wanted(t.Context(), scheduler.Wish{Connection: w.docs[0].Ref, Reason: events.ByHand}, w.now); !errors.As(err, &broken) {
		t.Errorf("a broken connection is synced: %v", err)
	}
	w.docs[0] = document("orders", "3", cron("0 * * * *"))
	w.at(61 * time.Minute).tick("03:00/1") // caught up
}

func TestAPausedConnectionAsksForNothingByItself(t *testing.T) {
	w := hourly(t)
	s, ref := w.scheduler(), w.docs[0].Ref
	if err := s.Pause(t.Context(), ref, w.now); err != nil {
		t.Fatal(err)
	}
	w.at(5 * time.Hour).tick("")
	if err := s.Resume(t.Context(), ref, w.now.Add(10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	w.at(5*time.Hour + 11*time.Minute).tick("") // a pause is not made up for
	w.at(6 * time.Hour).tick("08:00/1")
	if err := s.Pause(t.Context(), events.Ref{Name: "unknown"}, w.now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown connection is paused: %v", err)
	}
	w = hourly(t)
	paused := cron("0 * * * *")
	paused.Paused = true
	w.docs[0] = document("orders", "2", paused)
	w.at(5 * time.Hour).tick("")
	w.docs[0] = document("orders", "3", cron("0 * * * *"))
	w.at(5*time.Hour + 10*time.Minute).tick("")
	w.at(6 * time.Hour).tick("08:00/1")
}

func TestASyncIsAskedForByHand(t *testing.T) {
	w := newWorld(t, two)
	w.add("orders", connection.ConnectionSpec{})
	s := w.scheduler()
	wish := scheduler.Wish{
		Connection: w.docs[0].Ref, Reason: events.ByHand, Kind: events.Reset, Refresh: []airbyte.Descriptor{{Name: "users"}},
	}
	run, err := s.Wanted(t.Context(), wish, w.now) // before any tick
	if err != nil || !run.Due.Equal(two) || run.Kind != events.Reset || len(w.queue) != 1 || w.queue[0].Refresh[0].Name != "users" {
		t.Fatalf("%+v, %v, sent %+v", run, err, w.queue)
	}
	var running *scheduler.RunningError
	if _, err := s.Wanted(t.Context(), wish, w.now); !errors.As(err, &running) || running.Run.Key() != run.Key() {
		t.Errorf("a second one is asked for: %v", err)
	}
	w.carry(events.Succeeded, nil)
	again, err := s.Wanted(t.Context(), scheduler.Wish{Connection: w.docs[0].Ref, Reason: events.ByEvent}, w.now)
	if err != nil || again.Key() == run.Key() || again.Kind != events.Sync {
		t.Errorf("the next one is %+v, %v", again, err)
	}
	if _, err := s.Wanted(t.Context(), scheduler.Wish{Connection: events.Ref{Name: "unknown"}}, w.now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown connection is synced: %v", err)
	}
}

func TestAWishOutlivesASinkThatIsAway(t *testing.T) {
	w := newWorld(t, two)
	w.add("orders", connection.ConnectionSpec{})
	w.before = func(op string) error {
		if op == "Send" {
			return errors.New("away")
		}
		return nil
	}
	run, err := w.scheduler().Wanted(t.Context(), scheduler.Wish{Connection: w.docs[0].Ref, Reason: events.ByHand}, w.now)
	if err != nil {
		t.Fatal(err)
	}
	w.before = func(string) error { return nil }
	w.at(time.Minute).tick("02:00/1")
	if w.queue[0].Key() != run.Key() || w.queue[0].Reason != events.ByHand {
		t.Errorf("sent was %+v", w.queue[0])
	}
}

func TestAClockThatWasWrongIsForgotten(t *testing.T) {
	w := hourly(t)
	w.at(0).tick("02:00/1")
	w.carry(events.Succeeded, nil)
	w.now = two.AddDate(1, 0, 0)
	w.tick(w.now.Format("15:04") + "/1")
	w.queue = nil
	w.at(20 * time.Minute).tick("")
	// Nobody began the sync of next year: it is sent again after its time, and once
	// it has ended the schedule is what it was.
	for !strings.HasPrefix(w.runs("team/orders"), "02:00/1 02:00/") {
		w.now = w.now.Add(time.Minute)
		if _, err := w.scheduler().Tick(t.Context(), w.now); err != nil || w.now.After(two.Add(5*time.Hour)) {
			t.Fatalf("at %s: %v %+v", w.now, err, w.plan())
		}
		if len(w.queue) > 0 {
			w.carry(events.Succeeded, nil)
		}
	}
	w.at(6 * time.Hour)
	for range 3 {
		w.now = w.now.Add(20 * time.Minute)
		if _, err := w.scheduler().Tick(t.Context(), w.now); err != nil {
			t.Fatal(err)
		}
	}
	if p := w.plan(); p.Next.After(w.now.Add(time.Hour)) {
		t.Errorf("a year ahead it goes on: %+v", p)
	}
}

// versioned has documents that tell their version.
type versioned struct {
	*world
	version string
	listed  int
}

func (v *versioned) Version(context.Context) (string, error) { return v.version, nil }

func (v *versioned) List(ctx context.Context) ([]scheduler.Document, error) {
	v.listed++
	return v.world.List(ctx)
}

func TestDocumentsAreReadOnlyWhenTheyHaveChanged(t *testing.T) {
	w := newWorld(t, two.Add(-time.Minute))
	w.add("orders", cron("0 * * * *"))
	v := &versioned{world: w, version: "1"}
	tick := func(at time.Duration, listed, planned int) {
		t.Helper()
		w.at(at)
		s := &scheduler.Scheduler{Store: w, Documents: v, Emit: w} // another process each time
		r, err := s.Tick(t.Context(), w.now)
		if err != nil || v.listed != listed || r.Planned != planned {
			t.Fatalf("after %s: listed %d times, %+v (error %v)", at, v.listed, r, err)
		}
	}
	tick(-time.Minute, 1, 1)
	tick(0, 1, 0)
	v.version = "2"
	w.docs[0].Revision = "2"
	tick(time.Minute, 2, 1)
	tick(2*time.Minute, 2, 0)
	tick(6*time.Hour, 3, 0) // all is compared now and then
}

func TestPlansThatNoIndexFindsAreFound(t *testing.T) {
	w := hourly(t)
	w.at(0).tick("02:00/1")
	w.carry(events.Succeeded, nil)
	p := w.plan()
	p.Next = time.Time{} // as if nobody had written when it is due
	w.plans["team/orders"] = p
	w.at(time.Hour).tick("03:00/1")
}
