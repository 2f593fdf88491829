package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/scheduler"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/sqlite"
)

var two = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)

// hourly is a world at 01:59 with a connection that is due at each full hour and
// has been seen by a tick.
func hourly(t *testing.T) *world {
	w := newWorld(t, two.Add(-time.Minute))
	w.add("orders", cron("0 * * * *"))
	w.tick("")
	return w
}

// tick makes a tick and wants these runs asked for, such as "02:00/1".
func (w *world) tick(want string) scheduler.Report {
	w.t.Helper()
	r, err := w.scheduler().Tick(context.Background(), w.now)
	if err != nil {
		w.t.Fatalf("at %s: %v", w.now, err)
	}
	var got []string
	for _, run := range r.Asked {
		got = append(got, fmt.Sprintf("%s/%d", run.Due.Format("15:04"), run.Attempt))
	}
	if text := strings.Join(got, " "); text != want {
		w.t.Fatalf("at %s were asked for %q, want %q (plans %+v)", w.now.Format("15:04:05"), text, want, w.plans)
	}
	return r
}

func (w *world) at(d time.Duration) *world {
	w.now = two.Add(d)
	return w
}

// carry has the only request carried out to this end.
func (w *world) carry(outcome events.Outcome, change func(*events.SyncResult)) {
	w.t.Helper()
	if len(w.queue) != 1 {
		w.t.Fatalf("%d requests wait, want one", len(w.queue))
	}
	w.begin(0)
	w.end("team/orders", outcome, false, false)
	if change != nil {
		change(&w.told[0])
	}
	if err := w.hear(context.Background(), w.scheduler(), 0); err != nil {
		w.t.Fatalf("%v", err)
	}
}

func (w *world) plan() store.Plan { return w.plans["team/orders"] }

func TestWhatIsDueIsAskedForOnceByItsNominalTime(t *testing.T) {
	w := hourly(t)
	w.at(20 * time.Second).tick("02:00/1")
	w.tick("") // replayed
	w.at(50 * time.Second).tick("")
	if w.sent != 1 || w.queue[0].EventID() != "team/orders/sync/2026-03-01T02:00:00Z/1/requested" || w.queue[0].Reason != events.BySchedule {
		t.Errorf("%d events, the first %+v", w.sent, w.queue[0])
	}
	w.at(5*time.Minute).carry(events.Succeeded, nil)
	if p := w.plan(); !p.Next.Equal(two.Add(time.Hour)) || !p.NextDue.Equal(two.Add(time.Hour)) || p.Last.Records != 5 || p.Running() != nil {
		t.Errorf("the plan is %+v", p)
	}
	w.at(59 * time.Minute).tick("")
	w.at(time.Hour).tick("03:00/1")
}

func TestARequestIsSentAgainUntilSomebodyTakesIt(t *testing.T) {
	w := hourly(t)
	away := errors.New("no route to the broker")
	w.before = func(op string) error {
		if op == "Send" {
			return away
		}
		return nil
	}
	if _, err := w.at(0).scheduler().Tick(t.Context(), w.now); !errors.Is(err, away) || !strings.Contains(err.Error(), "team/orders") {
		t.Fatalf("a sink out of reach is told as %v", err)
	}
	w.before = func(string) error { return nil }
	w.at(29 * time.Second).tick("")
	w.at(30 * time.Second).tick("02:00/1")
	w.at(10*time.Minute).carry(events.Succeeded, nil)
	if w.sent != 1 || w.runs("team/orders") != "02:00/1" {
		t.Errorf("%d events, runs %s", w.sent, w.runs("team/orders"))
	}
}

func TestOneSyncAtATime(t *testing.T) {
	w := hourly(t)
	w.at(0).tick("02:00/1")
	w.begin(0)
	w.at(61 * time.Minute).tick("")
	w.at(130 * time.Minute).tick("")
	w.end("team/orders", events.Succeeded, false, false)
	if err := w.hear(t.Context(), w.scheduler(), 0); err != nil {
		t.Fatal(err)
	}
	w.at(131 * time.Minute).tick("04:00/1") // that of 03:00 was missed
}

func TestAFailureIsTriedAgainLaterEachTime(t *testing.T) {
	w := hourly(t)
	w.at(0).tick("02:00/1")
	w.carry(events.Failed, nil)
	w.at(59 * time.Second).tick("")
	w.at(time.Minute).tick("02:00/2")
	if w.queue[0].Reason != events.ByRetry {
		t.Errorf("the reason is %s", w.queue[0].Reason)
	}
	w.carry(events.Failed, nil)
	w.at(3 * time.Minute).tick("")
	w.at(4 * time.Minute).tick("02:00/3")
	w.carry(events.Failed, nil)
	w.at(59 * time.Minute).tick("")
	if p := w.plan(); p.FailuresInRow != 3 || p.Last.Status != store.Failed || p.Last.Reasons[0] != "no such table" {
		t.Errorf("the plan is %+v, %+v", p, p.Last)
	}
	w.at(time.Hour).tick("03:00/1")
	w.carry(events.Succeeded, nil)
	if p := w.plan(); p.FailuresInRow != 0 || p.Tries != 0 {
		t.Errorf("after a success %d failures", p.FailuresInRow)
	}
}

func TestASyncThatGetsFurtherIsGoneOnWithAndNeverGivenUp(t *testing.T) {
	w := hourly(t)
	w.at(0).tick("02:00/1")
	for n := 2; n < 50; n++ {
		w.carry(events.Incomplete, func(r *events.SyncResult) { r.CheckpointMoved = true })
		w.now = w.now.Add(time.Minute)
		w.tick(fmt.Sprintf("02:00/%d", n))
	}
	if p := w.plan(); p.FailuresInRow != 0 || p.GaveUp != "" {
		t.Errorf("the plan is %+v", p)
	}
}

func TestARateLimitIsWaitedFor(t *testing.T) {
	w := hourly(t)
	w.at(0).tick("02:00/1")
	w.carry(events.Failed, func(r *events.SyncResult) { r.QuotaReset = two.Add(150 * time.Minute) })
	w.at(time.Hour).tick("")
	w.at(149 * time.Minute).tick("")
	w.at(150 * time.Minute).tick("02:00/2")
	if p := w.plan(); p.FailuresInRow != 0 {
		t.Errorf("%d failures", p.FailuresInRow)
	}
}

func TestWhatOnlyAUserCanMendIsNotTriedAgain(t *testing.T) {
	w := hourly(t)
	w.at(0).tick("02:00/1")
	w.carry(events.Failed, func(r *events.SyncResult) {
		r.Failure = &events.Failure{Type: airbyte.ConfigError, Message: "wrong password"}
	})
	w.at(59 * time.Minute).tick("")
	w.at(time.Hour).tick("03:00/1")
	if w.plan().Last.Failure != "config_error" {
		t.Errorf("last is %+v", w.plan().Last)
	}
}

func TestAConnectionThatIsGivenUpWaitsForAChange(t *testing.T) {
	fail := func() *world {
		w := hourly(t)
		for w.plan().GaveUp == "" {
			w.now = w.now.Add(time.Minute)
			if r, err := w.scheduler().Tick(t.Context(), w.now); err != nil || w.now.After(two.Add(100*time.Hour)) {
				t.Fatalf("%+v, %v", r, err)
			}
			if len(w.queue) > 0 {
				w.carry(events.Failed, nil)
			}
		}
		if p := w.plan(); p.FailuresInRow != 20 || !p.Next.IsZero() || !strings.Contains(p.GaveUp, "no such table") {
			t.Fatalf("the plan is %+v", p)
		}
		w.now = w.now.Add(24 * time.Hour)
		w.tick("")
		return w
	}
	due := func(w *world) {
		w.now = w.now.Truncate(time.Hour).Add(time.Hour)
		w.tick(w.now.Format("15:04") + "/1")
	}
	w := fail()
	w.docs[0].Revision = "2"
	w.now = w.now.Truncate(time.Hour)
	w.tick(w.now.Format("15:04") + "/1") // the hour that has come is the one to catch up
	w = fail()
	if err := w.scheduler().Resume(t.Context(), w.docs[0].Ref, w.now); err != nil {
		t.Fatal(err)
	}
	due(w)
	w = fail()
	if _, err := w.scheduler().Wanted(t.Context(), scheduler.Wish{Connection: w.docs[0].Ref, Reason: events.ByHand}, w.now); err != nil {
		t.Fatal(err)
	}
	w.carry(events.Succeeded, nil)
	if w.plan().GaveUp != "" {
		t.Error("a success by hand does not count")
	}
}

func TestASyncWhoseLeaseIsGoneGetsItsNextAttempt(t *testing.T) {
	w := hourly(t)
	w.at(0).tick("02:00/1")
	w.begin(0)
	w.at(time.Minute).tick("")
	w.at(10 * time.Minute).tick("")
	w.end("team/orders", "", true, true)
	w.at(11 * time.Minute).tick("")
	w.at(12 * time.Minute).tick("")
	r := w.at(13 * time.Minute).tick("02:00/2")
	if p := w.plan(); r.Lost != 1 || p.FailuresInRow != 1 || p.Last.Status != store.Failed {
		t.Errorf("the report is %+v, the plan %+v", r, p)
	}
	w.carry(events.Succeeded, nil)
	if got := w.runs("team/orders"); got != "02:00/1 02:00/2" {
		t.Errorf("runs %s", got)
	}
}

func TestAResultThatNobodyToldIsReadFromTheRecord(t *testing.T) {
	w := hourly(t)
	w.at(0).tick("02:00/1")
	w.begin(0)
	w.at(time.Minute).tick("")
	w.at(80 * time.Second)
	w.end("team/orders", events.Succeeded, true, false)
	r := w.at(2 * time.Minute).tick("")
	if r.Told != 1 || w.plan().Running() != nil || w.plan().Last.ID != 1 {
		t.Errorf("the report is %+v, the plan %+v", r, w.plan())
	}
}

// TestARecordTellsAsMuchAsAResult: that it got further, and of a rate limit.
func TestARecordTellsAsMuchAsAResult(t *testing.T) {
	w := hourly(t)
	w.at(0).tick("02:00/1")
	w.begin(0)
	w.at(time.Minute).tick("")
	w.end("team/orders", events.Failed, true, false)
	ledger := `{"total":{"relayed":7,"bytes":70,"statesReturned":1},"source":{"quotaReset":%d}}`
	w.syncs["team/orders"][0].Attempts[0].Ledger = fmt.Appendf(nil, ledger, two.Add(30*time.Minute).UnixMilli())
	w.at(3 * time.Minute).tick("")
	if p := w.plan(); p.FailuresInRow != 0 || p.Last.Records != 7 || p.Last.Bytes != 70 || !p.Retry.Equal(two.Add(30*time.Minute)) {
		t.Errorf("the plan is %+v, %+v", p, p.Last)
	}
}

func TestARequestThatNobodyBeganIsSentAgainAsTheSame(t *testing.T) {
	w := hourly(t)
	w.at(0).tick("02:00/1")
	lost := w.queue[0]
	w.queue = nil
	w.at(14 * time.Minute).tick("")
	w.at(15 * time.Minute).tick("02:00/1")
	if w.queue[0].EventID() != lost.EventID() {
		t.Errorf("it is %s", w.queue[0].EventID())
	}
	w.queue = append(w.queue, lost)
	w.begin(0)
	w.end("team/orders", events.Succeeded, false, false)
	w.begin(0) // the one that was thought lost comes all the same
	for range 2 {
		if err := w.hear(t.Context(), w.scheduler(), 0); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.runs("team/orders"); got != "02:00/1" || w.plan().Running() != nil {
		t.Errorf("runs %s, plan %+v", got, w.plan())
	}
}

func TestResultsMayComeTwiceLateAndFromStrangers(t *testing.T) {
	w := hourly(t)
	w.at(0).tick("02:00/1")
	s := w.scheduler()
	w.begin(0)
	w.end("team/orders", events.Failed, false, false)
	first := w.told[0]
	for range 2 {
		if err := s.Result(t.Context(), &first); err != nil {
			t.Fatal(err)
		}
	}
	if p := w.plan(); p.FailuresInRow != 1 || p.Tries != 1 {
		t.Errorf("a result that came twice counts %d times", p.FailuresInRow)
	}
	w.at(time.Minute).tick("02:00/2")
	if err := s.Result(t.Context(), &first); err != nil || w.plan().Running() == nil {
		t.Errorf("an old result ended the next attempt (error %v)", err)
	}
	stranger := first
	stranger.Run.Due, stranger.Sync, stranger.Ended = two.Add(30*time.Second), 9, two.Add(2*time.Minute)
	stranger.Outcome, stranger.Reasons = events.Succeeded, nil
	if err := s.Result(t.Context(), &stranger); err != nil || w.plan().Running() == nil || w.plan().Last.ID != 9 || w.plan().FailuresInRow != 0 {
		t.Errorf("after a sync of somebody else's: %+v (error %v)", w.plan(), err)
	}
	unknown := first
	unknown.Connection.Name = "unknown"
	if err := s.Result(t.Context(), &unknown); err != nil {
		t.Error(err)
	}
}

func TestASyncThatStartedIsShown(t *testing.T) {
	w := hourly(t)
	w.at(0).tick("02:00/1")
	started := events.SyncStart{Run: w.queue[0].Run, Sync: 4, Epoch: 1, Started: two.Add(5 * time.Second)}
	if err := w.scheduler().Started(t.Context(), &started); err != nil {
		t.Fatal(err)
	}
	if a := w.plan().Running(); a == nil || a.Sync != 4 || !a.Started.Equal(started.Started) {
		t.Errorf("asked was %+v", a)
	}
	started.Attempt = 7
	started.Sync = 5
	if err := w.scheduler().Started(t.Context(), &started); err != nil || w.plan().Asked.Sync != 4 {
		t.Errorf("the start of another run is taken for this one (error %v)", err)
	}
}

// TestTicksAtOnceOnARealStore: eight processes tick at once, again and again,
// while results come.
func TestTicksAtOnceOnARealStore(t *testing.T) {
	w := newWorld(t, two.Add(-time.Minute))
	const connections = 30
	for i := range connections {
		w.add(fmt.Sprint("orders-", i), cron("0 * * * *"))
	}
	path := filepath.Join(t.TempDir(), "store.db")
	var mu sync.Mutex
	ids := map[string]int{}
	emit := emitter(func(e event.Event) error {
		mu.Lock()
		defer mu.Unlock()
		ids[e.ID()]++
		return nil
	})
	var schedulers []*scheduler.Scheduler
	for range 8 {
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		schedulers = append(schedulers, &scheduler.Scheduler{Store: db, Documents: listed(w.docs), Emit: emit, Parallel: 2})
	}
	all := func(now time.Time) {
		var ticks sync.WaitGroup
		for _, s := range schedulers {
			ticks.Go(func() {
				if _, err := s.Tick(t.Context(), now); err != nil {
					t.Error(err)
				}
			})
		}
		ticks.Wait()
	}
	all(w.now)
	for range 3 {
		all(two)
	}
	if len(ids) != connections {
		t.Errorf("%d requests, want %d", len(ids), connections)
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
}

type emitter func(event.Event) error

func (f emitter) Send(_ context.Context, e event.Event) error { return f(e) }

type listed []scheduler.Document

func (l listed) List(context.Context) ([]scheduler.Document, error) { return l, nil }
