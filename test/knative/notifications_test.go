package knative

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
)

// hook is a webhook that pods reach.
type hook struct {
	t   *testing.T
	url string

	mu     sync.Mutex
	answer func(nth int) int // the status of the nth answer; 0: none before the test ends
	posts  []posted
}

// posted is what came.
type posted struct {
	id, kind string
	data     map[string]any
}

// newHook serves one, which checks each signature.
func newHook(t *testing.T, answer func(nth int) int) *hook {
	t.Helper()
	h := &hook{t: t, answer: answer}
	h.url = serveOnNode(t, h)
	return h
}

// ServeHTTP takes a message.
func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it was cut off
	}
	var m struct {
		Type string         `json:"type"`
		Data map[string]any `json:"data"`
	}
	id := r.Header.Get("webhook-id")
	mac := hmac.New(sha256.New, []byte(marked))
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, r.Header.Get("webhook-timestamp"), body) // a hash takes it all
	if err := json.Unmarshal(body, &m); err != nil || r.Header.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		h.t.Errorf("%v; a message with the signature %s: %s", err, r.Header.Get("webhook-signature"), body)
	}
	h.mu.Lock()
	h.posts = append(h.posts, posted{id, m.Type, m.Data})
	status := h.answer(len(h.posts))
	h.mu.Unlock()
	if status == 0 {
		<-r.Context().Done()
		return
	}
	w.WriteHeader(status)
}

func (h *hook) got() []posted {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]posted(nil), h.posts...)
}

// await waits until so many messages have come.
func (h *hook) await(n int, within time.Duration) []posted {
	h.t.Helper()
	eventually(h.t, fmt.Sprintf("message %d at the webhook", n), within, func() bool { return len(h.got()) >= n })
	return h.got()
}

// notified applies a connection whose source does not work, and that tells a
// webhook.
func notified(t *testing.T, h *hook) *moving {
	t.Helper()
	s := newSyncOf(t, recipe{config: "{count: many}", spec: fmt.Sprintf(`notifications: [{webhook: %s/hook, secret: "${secret:tests/api-key}"}]`, h.url)})
	s.apply()
	return s
}

// asObject asks for a sync of the applied objects, and waits for its result.
func (s *moving) asObject() *events.SyncResult {
	s.t.Helper()
	s.due = s.due.Add(time.Minute)
	run := events.Run{Connection: events.Ref{Namespace: connectors, Name: s.name}, Due: s.due, Attempt: 1, Kind: events.Sync}
	post(s.t, &events.SyncRequest{Run: run, Reason: events.ByHand})
	return heard.result(s.t, run, 2*time.Minute)
}

// mend gives the source a config that works.
func (s *moving) mend(users int) {
	s.t.Helper()
	set, err := connection.Read("docs", []byte("apiVersion: knelt.dev/v1alpha1\nkind: Source\nmetadata: {name: x}\nspec: {connector: {image: x}, config: "+faker{Users: users}.config()+"}\n"))
	if err != nil {
		s.t.Fatal(err)
	}
	patch := []byte(`{"spec": {"config": null}}`)
	for range 2 { // a merge would keep what is wrong
		if _, err := knatv.Resource(ours("sources")).Namespace(connectors).Patch(s.t.Context(), s.name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			s.t.Fatal(err)
		}
		patch = []byte(`{"spec": {"config": ` + string(set.Sources["x"].Spec.Config) + `}}`)
	}
}

// TestAWebhookHearsOfFailureAndRecovery once each, signed, and again under the
// same id where it answered 503; the events are at the broker as well.
func TestAWebhookHearsOfFailureAndRecovery(t *testing.T) {
	h := newHook(t, func(nth int) int {
		if nth == 1 {
			return http.StatusServiceUnavailable
		}
		return http.StatusNoContent
	})
	s := notified(t, h)
	for range 2 {
		if r := s.asObject(); r.Outcome != events.Failed {
			t.Fatalf("the sync ended %s", r.Outcome)
		}
	}
	posts := h.await(2, 2*time.Minute)
	if posts[0].id != posts[1].id || posts[1].kind != "failure" || posts[1].data["outcome"] != "failed" {
		t.Errorf("the webhook got %v", posts)
	}
	s.mend(10)
	if r := s.asObject(); r.Outcome != events.Succeeded {
		t.Fatalf("the sync ended %s %q", r.Outcome, r.Reasons)
	}
	posts = h.await(3, 2*time.Minute)
	if last := posts[2]; last.kind != "recovery" || last.data["failingSince"] == nil || last.data["records"] != float64(130) {
		t.Errorf("the webhook got %v", last)
	}
	if n := heard.count(s.subject(), events.SyncFailed); n != 2 {
		t.Errorf("%d events told of failures", n)
	}
	time.Sleep(3 * time.Second)
	if n := len(h.got()); n != 3 {
		t.Errorf("%d messages came", n)
	}
}

// TestAWebhookThatHangsHoldsUpNothing: the object's status and ticks wait for
// nobody, and when the scheduler is killed over it, the next one tells it.
func TestAWebhookThatHangsHoldsUpNothing(t *testing.T) {
	h := newHook(t, func(nth int) int {
		if nth == 1 {
			return 0
		}
		return http.StatusOK
	})
	s := notified(t, h)
	tick(t)
	s.asObject()
	h.await(1, time.Minute)
	eventually(t, "the status, beside a webhook that hangs", 8*time.Second, func() bool { return s.status("lastSync", "status") == "failed" })
	began := time.Now()
	tick(t)
	if took := time.Since(began); took > 5*time.Second || len(h.got()) != 1 {
		t.Errorf("a tick took %s beside a webhook that hangs; %d messages had come", took, len(h.got()))
	}
	kill(t, "scheduler", pods(t, system, ofFunction("scheduler")))
	tick(t)
	if posts := h.await(2, time.Minute); posts[0].id != posts[1].id {
		t.Errorf("the webhook got %v", posts)
	}
}
