package site

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"knelt.dev/events"
	"knelt.dev/loadtest/kubectl"
)

func seen(c *Crowd, kind, uid, function string) {
	e := kubectl.Event{Type: kind, At: time.Now()}
	e.Pod.Metadata.UID, e.Pod.Metadata.Name = uid, "pod-"+uid
	e.Pod.Metadata.Labels = map[string]string{functionLabel: function}
	c.see(e)
}

// TestPodsCountUntilTheyAreGone, each once, however often something of it
// changes.
func TestPodsCountUntilTheyAreGone(t *testing.T) {
	c := newCrowd()
	for _, e := range [][3]string{
		{"ADDED", "1", "knelt-sync"},
		{"ADDED", "2", "knelt-sync"},
		{"ADDED", "3", ""},
		{"MODIFIED", "1", "knelt-sync"},
		{"DELETED", "1", "knelt-sync"},
		{"ADDED", "4", "knelt-check"},
		{"DELETED", "9", ""},
	} {
		seen(c, e[0], e[1], e[2])
	}
	for group, want := range map[string][2]int{"knelt-sync": {1, 2}, "knelt-check": {1, 1}, Connector: {1, 1}, "nobody": {0, 0}} {
		if got := [2]int{c.Count(group), c.Most(group)}; got != want {
			t.Errorf("of %s there are %d, and were %d at most, not %v", group, got[0], got[1], want)
		}
	}
	if _, ok := c.Added("pod-1"); c.All() != 3 || !ok {
		t.Errorf("there are %d in all", c.All())
	}
	if c.forget(); c.Most("knelt-sync") != 1 || c.Most("nobody") != 0 || c.All() != 3 {
		t.Errorf("after forgetting, at most %d", c.Most("knelt-sync"))
	}
	if c.listed(1) {
		t.Error("nobody has listed")
	}
	if seen(c, kubectl.Listed, "", ""); !c.listed(1) || c.All() != 3 {
		t.Error("the end of a list is a pod")
	}
}

// TestWhatTheBrokerDeliversIsKept, in both modes of HTTP; what is no event is
// refused, so that it is not taken for delivered.
func TestWhatTheBrokerDeliversIsKept(t *testing.T) {
	r := &Recorder{}
	server := httptest.NewServer(http.HandlerFunc(r.serve))
	defer server.Close()
	for _, kind := range []string{events.SyncRequested, events.SyncStarted, events.SyncSucceeded} {
		e := event.New()
		e.SetID("1")
		e.SetSource("/test")
		e.SetType(kind)
		q, err := cehttp.NewHTTPRequestFromEvent(t.Context(), server.URL, e)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(q)
		if err != nil || answer.StatusCode != http.StatusAccepted || answer.Body.Close() != nil {
			t.Fatalf("%s: %v %v", kind, answer, err)
		}
	}
	answer, err := http.Post(server.URL, "text/plain", strings.NewReader("x"))
	if err != nil || answer.StatusCode != http.StatusBadRequest || answer.Body.Close() != nil {
		t.Errorf("what is no event was answered by %v: %v", answer, err)
	}
	if all := r.All(); len(all) != 2 || all[0].Event.Type() != events.SyncStarted || time.Since(all[0].At) > time.Minute {
		t.Errorf("kept: %v", all)
	}
	if n := r.Count(IsResult); n != 1 {
		t.Errorf("%d results", n)
	}
}

func TestATriggerOfAnEarlierRunIsNotReady(t *testing.T) {
	for text, want := range map[string]bool{
		`{"metadata":{"generation":2},"status":{"observedGeneration":2,"conditions":[{"type":"BrokerReady","status":"False"},{"type":"Ready","status":"True"}]}}`: true,
		`{"metadata":{"generation":2},"status":{"observedGeneration":1,"conditions":[{"type":"Ready","status":"True"}]}}`:                                         false,
		`{"metadata":{"generation":2},"status":{"observedGeneration":2,"conditions":[{"type":"Ready","status":"Unknown"}]}}`:                                      false,
		`{"metadata":{"generation":1}}`: false,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }))
		var o triggerObject
		getJSON(t, server.URL, &o)
		server.Close()
		if o.ready() != want {
			t.Errorf("%s is ready: %v", text, !want)
		}
	}
}

// TestTheDocumentsOfASyncAreGood: the function reads them by the same rules.
func TestTheDocumentsOfASyncAreGood(t *testing.T) {
	s := &Site{Images: map[string]string{"source-faker": "faker:1", "destination-discard": "discard:1"}}
	d, err := s.Documents(Moving{
		Name: "load-1", Source: map[string]any{"count": 300}, Destination: map[string]any{"stats": true},
		Streams: []any{map[string]any{"name": "users", "syncMode": "incremental", "destinationSyncMode": "append_dedup"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	request := &events.SyncRequest{Run: events.Run{Due: time.Now(), Attempt: 1}, Reason: events.ByHand, Documents: d}
	e, err := events.New(events.Origin{Source: events.FromCLI}, request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := events.Decode(e); err != nil || e.Subject() != "load-1" {
		t.Errorf("%s: %v", e.Subject(), err)
	}
	if _, err := (&Site{}).Documents(Moving{Name: "load-1"}); err == nil {
		t.Error("a connector without an image is good")
	}
}

// TestWhatIsOutOfSightEndsTheWaiting with the reason.
func TestWhatIsOutOfSightEndsTheWaiting(t *testing.T) {
	s := &Site{}
	s.ctx, s.fail = context.WithCancelCause(t.Context())
	why := errors.New("the watch was cut")
	s.Go(func(context.Context) error { return nil })
	s.Go(func(context.Context) error { return why })
	if err := s.Await("nothing", time.Minute, func() bool { return false }); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	s = &Site{ctx: t.Context()}
	if err := s.Await("the end of time", 0, func() bool { return false }); err == nil || !strings.Contains(err.Error(), "the end of time") {
		t.Errorf("got %v", err)
	}
}

func TestImagesAreReadByName(t *testing.T) {
	file := filepath.Join(t.TempDir(), "images")
	if err := os.WriteFile(file, []byte("a reg/a@sha256:1\nb reg/b@sha256:2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	images, err := readImages(file)
	if err != nil || len(images) != 2 || images["b"] != "reg/b@sha256:2" {
		t.Errorf("%v %v", images, err)
	}
	if _, err := readImages(file + "s"); err == nil || !strings.Contains(err.Error(), "load.sh") {
		t.Errorf("got %v", err)
	}
}

func getJSON(t *testing.T, url string, into any) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// TestAPostThatIsRefusedForNowIsSentAgain, unless it would be refused for ever.
func TestAPostThatIsRefusedForNowIsSentAgain(t *testing.T) {
	const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
	statuses, posts := []int{503, 429, 202}, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("ce-traceparent") != trace || r.Header.Get("traceparent") != trace {
			t.Errorf("the trace is lost: %v", r.Header)
		}
		w.WriteHeader(statuses[posts])
		posts++
	}))
	defer server.Close()
	s := &Site{broker: server.URL, HTTP: http.DefaultClient}
	request := &events.SyncRequest{Run: events.Run{Connection: events.Ref{Name: "a"}, Due: time.Now(), Attempt: 1}, Reason: events.ByHand}
	if err := s.Post(t.Context(), request, trace); err != nil || posts != 3 || s.Refused.Load() != 2 {
		t.Errorf("%d posts, %d refused: %v", posts, s.Refused.Load(), err)
	}
	statuses, posts = []int{400}, 0
	if err := s.Post(t.Context(), request, trace); err == nil || posts != 1 {
		t.Errorf("%d posts: %v", posts, err)
	}
}
