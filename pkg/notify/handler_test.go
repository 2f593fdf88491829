package notify_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/notify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// posted is what a receiver got.
type posted struct {
	header http.Header
	body   []byte
}

// receiver is a webhook that answers as it is told to, and 204 from then on.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	answers []func(http.ResponseWriter)
	got     []posted
}

func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

func newReceiver(t *testing.T, answers ...func(http.ResponseWriter)) *receiver {
	r := &receiver{answers: answers}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, posted{q.Header, body})
		if len(r.answers) == 0 {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		r.answers[0](w)
		r.answers = r.answers[1:]
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) posts() []posted {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]posted(nil), r.got...)
}

type hooks []notify.Hook

func (h hooks) Hooks(context.Context, events.Ref) ([]notify.Hook, error) { return h, nil }

func (h hooks) Hooked(context.Context) ([]events.Ref, error) { return []events.Ref{orders}, nil }

var orders = events.Ref{Namespace: "team", Name: "orders"}

// memory is one of memos, unless it fails.
type memory struct {
	memos
	mu  sync.Mutex
	err error
}

func newMemory() *memory { return &memory{memos: memos{}} }

func (m *memory) Memo(ctx context.Context, name string) (json.RawMessage, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, false, m.err
	}
	return m.memos.Memo(ctx, name)
}

func (m *memory) SwapMemo(ctx context.Context, name string, was, value json.RawMessage, keep time.Duration) (json.RawMessage, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, false, m.err
	}
	return m.memos.SwapMemo(ctx, name, was, value, keep)
}

// fixture is a handler that may post to loopback, and what it waited and logged.
type fixture struct {
	*notify.Handler
	memory *memory
	waited []time.Duration
	log    bytes.Buffer
}

func newFixture(t *testing.T, allowed []netip.Prefix, hs ...notify.Hook) *fixture {
	f := &fixture{memory: newMemory()}
	sender := notify.NewSender(allowed)
	sender.SetWait(func(_ context.Context, d time.Duration) error { f.waited = append(f.waited, d); return nil })
	t.Cleanup(sender.Close)
	f.Handler = &notify.Handler{Memory: notify.InMemos{Memos: f.memory}}
	f.Courier = &notify.Courier{
		Hooks: hooks(hs), Memory: f.Memory, Sender: sender, Link: notify.Dashboard("https://knelt.example/"), Log: slog.New(slog.NewTextHandler(&f.log, nil)),
	}
	return f
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// handle handles an event, and makes a round of what is to be told then.
func (f *fixture) handle(t *testing.T, p events.Payload) error {
	t.Helper()
	if err := f.learn(t, p); err != nil {
		return err
	}
	return f.Courier.Deliver(t.Context(), orders)
}

// learn handles an event.
func (f *fixture) learn(t *testing.T, p events.Payload) error {
	t.Helper()
	e, err := events.New(events.Origin{Source: events.FromSync}, p)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := f.Handle(t.Context(), e)
	if reply != nil {
		t.Errorf("there is a reply: %v", reply)
	}
	return err
}

func TestAFailureIsPostedSignedAndInFull(t *testing.T) {
	r := newReceiver(t)
	const secret = "a secret of any length"
	f := newFixture(t, loopback, notify.Hook{Webhook: r.URL + "/hook?token=t0ken", Secret: secret})
	failed := result(0, events.Failed)
	failed.Failure = &events.Failure{Type: airbyte.ConfigError, Message: "no such table: users"}
	if err := f.handle(t, failed); err != nil {
		t.Fatal(err)
	}
	got := r.posts()
	if len(got) != 1 {
		t.Fatalf("%d posts", len(got))
	}
	id, at, signature := got[0].header.Get("webhook-id"), got[0].header.Get("webhook-timestamp"), got[0].header.Get("webhook-signature")
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(id + "." + at + "." + string(got[0].body)))
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); signature != want {
		t.Errorf("the signature is %s, want %s", signature, want)
	}
	if seconds, err := strconv.ParseInt(at, 10, 64); err != nil || time.Since(time.Unix(seconds, 0)).Abs() > time.Minute {
		t.Errorf("the timestamp is %s", at)
	}
	var m notify.Message
	if err := json.Unmarshal(got[0].body, &m); err != nil {
		t.Fatal(err)
	}
	d := m.Data
	if m.Type != notify.Failure || d.Connection.String() != "team/orders" || d.Sync != 1 || d.Outcome != events.Failed || d.Failure.Type != airbyte.ConfigError ||
		d.Link != "https://knelt.example/#/connections/team/orders/syncs/1" || d.Event != failed.EventID() || len(d.Reasons) != 1 {
		t.Errorf("the message is %s", got[0].body)
	}
	if m.Text != "The sync of team/orders failed: no such table: users" {
		t.Errorf("the text is %q", m.Text)
	}
}

func TestWhatComesAgainIsToldOnceOrUnderTheSameID(t *testing.T) {
	r := newReceiver(t)
	f := newFixture(t, loopback, notify.Hook{Webhook: r.URL})
	play := func(p events.Payload) {
		t.Helper()
		if err := f.handle(t, p); err != nil {
			t.Fatal(err)
		}
	}
	play(result(0, events.Failed))
	play(result(0, events.Failed))
	play(result(1, events.Incomplete))
	play(result(2, events.Succeeded))
	play(result(1, events.Incomplete)) // late
	clear(f.memory.memos)
	play(result(0, events.Failed)) // the memory was lost
	got := r.posts()
	var types []string
	for _, p := range got {
		var m notify.Message
		if err := json.Unmarshal(p.body, &m); err != nil {
			t.Fatal(err)
		}
		types = append(types, string(m.Type))
	}
	if strings.Join(types, " ") != "failure recovery failure" {
		t.Fatalf("told was %v", types)
	}
	id := func(i int) string { return got[i].header.Get("webhook-id") }
	if id(0) != id(2) || id(0) == id(1) || !strings.HasPrefix(id(0), "msg_") {
		t.Errorf("the ids are %s, %s, %s", id(0), id(1), id(2))
	}
}

func TestAWebhookThatIsAwayIsTriedAgain(t *testing.T) {
	r := newReceiver(t, status(503), func(w http.ResponseWriter) { w.Header().Set("Retry-After", "7"); w.WriteHeader(429) }, status(502))
	f := newFixture(t, loopback, notify.Hook{Webhook: r.URL})
	if err := f.handle(t, result(0, events.Failed)); err != nil {
		t.Fatal(err)
	}
	got := r.posts()
	if len(got) != 4 || len(f.waited) != 3 || f.waited[0] != time.Second || f.waited[1] != 7*time.Second || f.waited[2] != 10*time.Second {
		t.Errorf("%d tries, waits of %v", len(got), f.waited)
	}
	if got[0].header.Get("webhook-id") != got[3].header.Get("webhook-id") {
		t.Error("the tries have several ids")
	}
}

func TestAWebhookThatStaysAwayIsToldInTheNextRound(t *testing.T) {
	r := newReceiver(t, status(500), status(500), status(500), status(500))
	f := newFixture(t, loopback, notify.Hook{Webhook: r.URL + "/?token=t0ken"})
	err := f.handle(t, now(events.Failed))
	if err == nil || strings.Contains(err.Error(), "t0ken") || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Fatalf("the error is %v", err)
	}
	if err := f.Courier.Deliver(t.Context(), orders); err != nil || len(r.posts()) != 5 {
		t.Errorf("in the next round: %v, %d posts", err, len(r.posts()))
	}
	if err := f.Courier.Deliver(t.Context(), orders); err != nil || len(r.posts()) != 5 {
		t.Errorf("in a further one: %v, %d posts", err, len(r.posts()))
	}
}

func TestAnUnreachableWebhookIsNamedByItsHostAlone(t *testing.T) {
	r := newReceiver(t)
	url := r.URL + "/t0ken?key=t0ken"
	r.Close()
	f := newFixture(t, loopback, notify.Hook{Webhook: url})
	err := f.handle(t, now(events.Failed))
	if err == nil || strings.Contains(err.Error(), "t0ken") || len(f.waited) != 3 {
		t.Errorf("%v, waits of %v", err, f.waited)
	}
}

func TestOtherNewsHasAnotherID(t *testing.T) {
	r := newReceiver(t)
	f := newFixture(t, loopback, notify.Hook{Webhook: r.URL})
	for i, outcome := range []events.Outcome{events.Failed, events.Succeeded, events.Failed} {
		if err := f.handle(t, result(i, outcome)); err != nil {
			t.Fatal(err)
		}
	}
	ids := map[string]bool{}
	for _, p := range r.posts() {
		ids[p.header.Get("webhook-id")] = true
	}
	if len(ids) != 3 {
		t.Errorf("of three messages the ids are %v", ids)
	}
}

func TestAWebhookThatRefusesHoldsNothingUp(t *testing.T) {
	for _, code := range []int{400, 401, 404, 410, 302} {
		bad, good := newReceiver(t, status(code)), newReceiver(t)
		f := newFixture(t, loopback, notify.Hook{Webhook: bad.URL + "/t0ken"}, notify.Hook{Webhook: good.URL})
		if err := f.handle(t, result(0, events.Failed)); err != nil {
			t.Error(err)
		}
		if len(bad.posts()) != 1 || len(good.posts()) != 1 || !strings.Contains(f.log.String(), strconv.Itoa(code)) || strings.Contains(f.log.String(), "t0ken") {
			t.Errorf("%d: %d and %d posts, log %s", code, len(bad.posts()), len(good.posts()), &f.log)
		}
	}
}

func TestNothingIsPostedToTheMachineItself(t *testing.T) {
	r := newReceiver(t)
	port := r.URL[strings.LastIndexByte(r.URL, ':'):]
	for _, url := range []string{r.URL, "http://localhost" + port, "http://[::ffff:127.0.0.1]" + port, "http://169.254.169.254/latest/meta-data", "ftp://x/t0ken", "no url"} {
		f := newFixture(t, nil, notify.Hook{Webhook: url})
		if err := f.handle(t, result(0, events.Failed)); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		if log := f.log.String(); !strings.Contains(log, "a webhook was not told") || strings.Contains(log, "t0ken") || len(f.waited) != 0 {
			t.Errorf("%s: waited %v, log %s", url, f.waited, log)
		}
	}
	if n := len(r.posts()); n != 0 {
		t.Errorf("%d posts", n)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	secret := newReceiver(t)
	r := newReceiver(t, func(w http.ResponseWriter) { w.Header().Set("Location", secret.URL); w.WriteHeader(307) })
	f := newFixture(t, loopback, notify.Hook{Webhook: r.URL})
	if err := f.handle(t, result(0, events.Failed)); err != nil || len(secret.posts()) != 0 {
		t.Errorf("%v; the target has %d posts", err, len(secret.posts()))
	}
}

// TestAnAnswerThatNeverEndsIsLeft reads no more than a little of it.
func TestAnAnswerThatNeverEndsIsLeft(t *testing.T) {
	r := newReceiver(t, func(w http.ResponseWriter) {
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	f := newFixture(t, loopback, notify.Hook{Webhook: r.URL})
	began := time.Now()
	if err := f.handle(t, result(0, events.Failed)); err != nil || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

func TestAWebhookHearsOnlyWhatItWants(t *testing.T) {
	failures, changes, all := newReceiver(t), newReceiver(t), newReceiver(t)
	f := newFixture(t, loopback, notify.Hook{Webhook: failures.URL, When: []notify.Occasion{notify.Failure}},
		notify.Hook{Webhook: changes.URL, When: []notify.Occasion{notify.SchemaChange}}, notify.Hook{Webhook: all.URL})
	change := &events.SchemaChange{Run: result(2, events.Failed).Run, Sync: 3, Breaking: true, Changes: []events.StreamChange{
		{Stream: airbyte.Descriptor{Name: "users"}, Change: events.Removed},
	}}
	for _, p := range []events.Payload{result(0, events.Failed), result(1, events.Succeeded), change, change, &events.SyncStart{Run: change.Run, Sync: 1, Epoch: 1, Started: start}} {
		if err := f.handle(t, p); err != nil {
			t.Fatal(err)
		}
	}
	if a, b, c := len(failures.posts()), len(changes.posts()), len(all.posts()); a != 1 || b != 1 || c != 3 {
		t.Errorf("%d, %d and %d posts", a, b, c)
	}
	if body := string(changes.posts()[0].body); !strings.Contains(body, `"text":"The source of team/orders has changed: users removed. The connection cannot be synced before it is mended."`) {
		t.Errorf("the message is %s", body)
	}
}

func TestWithoutItsMemoryNothingIsTold(t *testing.T) {
	r := newReceiver(t)
	f := newFixture(t, loopback, notify.Hook{Webhook: r.URL})
	f.memory.err = errors.New("the store is away")
	if err := f.handle(t, result(0, events.Failed)); !errors.Is(err, f.memory.err) || len(r.posts()) != 0 {
		t.Errorf("%v, %d posts", err, len(r.posts()))
	}
}

// memos is a store of memos.
type memos map[string]json.RawMessage

func (m memos) Memo(_ context.Context, name string) (json.RawMessage, bool, error) {
	v, ok := m[name]
	return v, ok, nil
}

func (m memos) SwapMemo(_ context.Context, name string, was, value json.RawMessage, _ time.Duration) (json.RawMessage, bool, error) {
	if !bytes.Equal(m[name], was) {
		return m[name], false, nil
	}
	m[name] = value
	return value, true, nil
}

// become keeps a value, whatever there was.
func become[T any](value T) func(T) (T, bool) { return func(T) (T, bool) { return value, true } }

func TestStandingsComeBackFromMemos(t *testing.T) {
	m := notify.InMemos{Memos: memos{}}
	want := notify.Standing{Failing: true, Since: start, Ended: start.Add(time.Hour), Schema: "x", Messages: []notify.Message{{Type: notify.Failure, Text: "x"}}}
	if err := errors.Join(m.ChangeStanding(t.Context(), notify.Syncs, "team/orders", become(want)), m.ChangeTold(t.Context(), "team/orders", become([]string{"a", "b"}))); err != nil {
		t.Fatal(err)
	}
	for connection, want := range map[string]notify.Standing{"team/orders": want, "team/other": {}} {
		if got, err := m.Standing(t.Context(), notify.Syncs, connection); !reflect.DeepEqual(got, want) || err != nil {
			t.Errorf("%s: %+v, %v", connection, got, err)
		}
	}
	if got, err := m.Standing(t.Context(), notify.Schema, "team/orders"); got.Failing || err != nil {
		t.Errorf("the other topic: %+v, %v", got, err)
	}
	if got, err := m.Told(t.Context(), "team/orders"); len(got) != 2 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}
