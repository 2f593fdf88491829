package notify_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/notify"
)

// wire is a network whose receiver answers as it is told to.
type wire struct {
	mu     sync.Mutex
	answer func(types []string) int // 0: never
	types  []string                 // of the messages that were tried, in order
	at     []time.Time
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var m notify.Message
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.types, w.at = append(w.types, string(m.Type)), append(w.at, time.Now())
	code := w.answer(w.types)
	w.mu.Unlock()
	if code == 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: code, Body: http.NoBody, Header: http.Header{}}, nil
}

func (w *wire) tried() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.types...)
}

// running starts the fixture's courier over a wire.
func (f *fixture) running(t *testing.T, w *wire) (stop func()) {
	t.Helper()
	sender := notify.NewSender(nil)
	sender.SetTransport(w)
	f.Courier.Sender = sender
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); f.Courier.Run(ctx) }()
	return func() { cancel(); <-ended }
}

// now is a result of this moment.
func now(outcome events.Outcome) *events.SyncResult {
	r := result(0, outcome)
	r.Due, r.Started, r.Ended = time.Now(), time.Now(), time.Now()
	return r
}

var somewhere = notify.Hook{Webhook: "https://hooks.example/x"}

// TestAWebhookThatHangsHoldsUpNoEvent: events are answered before anybody is
// told, and one connection's webhook waits for no other's.
func TestAWebhookThatHangsHoldsUpNoEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil, somewhere)
		w := &wire{answer: func(types []string) int {
			if len(types) == 1 {
				return 0
			}
			return 204
		}}
		defer f.running(t, w)()
		began := time.Now()
		if err := f.learn(t, now(events.Failed)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		other := now(events.Failed)
		other.Connection.Name = "other"
		if err := f.learn(t, other); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if took := time.Since(began); took != 0 || len(w.tried()) != 2 {
			t.Errorf("the events took %s; %d posts by then", took, len(w.tried()))
		}
		time.Sleep(time.Minute)
		if n := len(w.tried()); n != 3 {
			t.Errorf("%d posts; the one that hung was not tried again", n)
		}
	})
}

// TestMessagesArriveInOrderAndOnce, though their webhook was away for long.
func TestMessagesArriveInOrderAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil, somewhere)
		back := time.Now().Add(5 * time.Hour)
		w := &wire{answer: func([]string) int {
			if time.Now().Before(back) {
				return 503
			}
			return 200
		}}
		defer f.running(t, w)()
		for _, outcome := range []events.Outcome{events.Failed, events.Succeeded, events.Failed} {
			if err := f.learn(t, now(outcome)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		time.Sleep(3 * time.Hour)
		tried := w.tried()
		before := len(tried) - 3
		if got := strings.Join(tried[before:], " "); got != "failure recovery failure" || strings.Contains(strings.Join(tried[:before], " "), "recovery") {
			t.Errorf("tried were %v", tried)
		}
		// Four tries a round, a round every quarter of an hour at the end.
		if before < 80 || before > 120 {
			t.Errorf("%d tries in five hours", before)
		}
		time.Sleep(24 * time.Hour)
		if n := len(w.tried()); n != len(tried) {
			t.Errorf("%d posts after all had arrived", n-len(tried))
		}
	})
}

// TestAMessageIsGivenUpAfterADay, which is logged, and no later one waits for it.
func TestAMessageIsGivenUpAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil, somewhere)
		w := &wire{answer: func([]string) int { return 500 }}
		stop := f.running(t, w)
		if err := f.learn(t, now(events.Failed)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(25 * time.Hour)
		tried := len(w.tried())
		time.Sleep(25 * time.Hour)
		if n := len(w.tried()); n != tried {
			t.Errorf("%d posts more", n-tried)
		}
		stop()
		if log := f.log.String(); strings.Count(log, "a webhook was not told") != 1 || !strings.Contains(log, "hooks.example") {
			t.Errorf("the log is %s", log)
		}
	})
}

// TestWhatAProcessLeftIsToldByTheNext: it was killed after its event was answered.
func TestWhatAProcessLeftIsToldByTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: func([]string) int { return 0 }}
		first := newFixture(t, nil, somewhere)
		stop := first.running(t, w)
		if err := first.learn(t, now(events.Failed)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		stop()
		w.answer = func([]string) int { return 200 }
		next := newFixture(t, nil, somewhere)
		next.Courier.Memory = first.Memory
		defer next.running(t, w)()
		for range 3 {
			next.Courier.Look()
			time.Sleep(time.Minute)
		}
		if n := len(w.tried()); n != 2 {
			t.Errorf("%d posts, the first of which was cut off", n)
		}
	})
}
