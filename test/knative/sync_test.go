package knative

import (
	"testing"
	"time"

	"knelt.dev/events"
)

// TestAnEventAtZeroPodsMovesRows wakes the function, moves the rows, and all is
// gone again; the next event moves only what is new.
func TestAnEventAtZeroPodsMovesRows(t *testing.T) {
	s := newSync(t, faker{Users: 1000}, "")
	atZero(t, "sync")
	began := time.Now()
	post(t, s.request())
	eventually(t, "the first row", time.Minute, func() bool { n, _ := s.rows(); return n > 0 })
	t.Logf("from the event to the first row, with functions at zero: %s", time.Since(began).Round(10*time.Millisecond))
	s.succeeded(heard.result(t, s.run(), time.Minute), 3100)
	s.exact(1000)
	if n := heard.count(s.name, events.SyncStarted); n != 1 {
		t.Errorf("%d events told of the start", n)
	}
	s.nothingLeft(30 * time.Second)

	s.documents(recipe{config: faker{Users: 1200}.config()})
	s.due = s.due.Add(time.Minute)
	began = time.Now()
	post(t, s.request())
	s.succeeded(heard.result(t, s.run(), time.Minute), 600)
	t.Logf("from the event to the result of the second sync, with a function that runs: %s", time.Since(began).Round(10*time.Millisecond))
	s.exact(1200)
	s.nothingLeft(30 * time.Second)
	atZero(t, "sync")
}

// succeeded checks a result whose counts all agree.
func (s *moving) succeeded(r *events.SyncResult, rows int64) {
	s.t.Helper()
	if r.Outcome != events.Succeeded || r.Total.Relayed != rows || r.Total.DestinationSaid == nil || *r.Total.DestinationSaid != rows {
		s.t.Errorf("the sync ended %s %q: %s", r.Outcome, r.Reasons, text(r.Total))
	}
}

// TestASyncOutlivesItsInvocations: the function's time is short, and the
// connectors notice nothing.
func TestASyncOutlivesItsInvocations(t *testing.T) {
	const users = 6000
	restore := setTimeout(t, 20*time.Second)
	defer restore()
	s := newSync(t, faker{Users: users, Rate: 3 * users / 90.0}, "")
	post(t, s.request())
	first := s.running()
	r := heard.result(t, s.run(), 4*time.Minute)
	s.succeeded(r, 3*users+100)
	s.exact(users)
	if n := heard.count(s.name, events.SyncContinued); n < 4 || r.Continuations < 4 || r.Attempts != 1 {
		t.Errorf("the sync was continued %d times (%d events) in %d attempts", r.Continuations, n, r.Attempts)
	}
	if n := heard.count(s.name, events.SyncStarted); n != 1 {
		t.Errorf("its connectors were started %d times: %v", n, first)
	}
	s.nothingLeft(30 * time.Second)
}

// running waits for both pods of the sync, and gives their uids by side.
func (s *moving) running() map[string]string {
	s.t.Helper()
	uids := map[string]string{}
	eventually(s.t, "rows of "+s.name, time.Minute, func() bool {
		for _, p := range s.connectorPods("") {
			uids[p.Labels["knelt.dev/side"]] = string(p.UID)
		}
		n, _ := s.rows()
		return len(uids) == 2 && n > 0
	})
	return uids
}

// finishes checks that a sync came to its end over the pods that it began
// with.
func (s *moving) finishes(users int, within time.Duration) *events.SyncResult {
	s.t.Helper()
	r := heard.result(s.t, s.run(), within)
	s.succeeded(r, int64(3*users+100))
	s.exact(users)
	if n := heard.count(s.name, events.SyncStarted); n != 1 || r.Attempts != 1 {
		s.t.Errorf("its connectors were started %d times in %d attempts", n, r.Attempts)
	}
	s.nothingLeft(30 * time.Second)
	return r
}

// TestARequestThatComesOftenMakesOneSync.
func TestARequestThatComesOftenMakesOneSync(t *testing.T) {
	const users = 1000
	s := newSync(t, faker{Users: users, Rate: 500}, "")
	post(t, s.request())
	post(t, s.request())
	s.running()
	post(t, s.request())
	s.finishes(users, 2*time.Minute)
	post(t, s.request())
	eventually(t, "the old result, again", time.Minute, func() bool { return heard.count(s.name, events.SyncSucceeded) >= 2 })
	time.Sleep(2 * time.Second)
	s.exact(users)
	if n := heard.count(s.name, events.SyncStarted); n != 1 {
		t.Errorf("the sync was started %d times", n)
	}
}
