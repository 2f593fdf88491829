package knative

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/event"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"knelt.dev/events"
)

// recorder hears every event of the broker: a Trigger brings them here.
type recorder struct {
	mu     sync.Mutex
	all    []event.Event
	server *http.Server
}

var triggers = schema.GroupVersionResource{Group: "eventing.knative.dev", Version: "v1", Resource: "triggers"}

// listen serves on an address that pods reach, and makes the trigger.
func listen() (*recorder, error) {
	r := &recorder{}
	address := os.Getenv("KNELT_NODE_ADDRESS")
	l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		return nil, err
	}
	protocol, err := cloudevents.NewHTTP()
	if err != nil {
		return nil, err
	}
	handler, err := cloudevents.NewHTTPReceiveHandler(context.Background(), protocol, r.take)
	if err != nil {
		return nil, err
	}
	r.server = &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = r.server.Serve(l) }() // it ends with the tests
	return r, subscribe(fmt.Sprintf("http://%s", l.Addr()))
}

func subscribe(url string) error {
	ctx := context.Background()
	all := knatv.Resource(triggers).Namespace(system)
	const name = "knelt-tests"
	_ = all.Delete(ctx, name, metav1.DeleteOptions{}) // of an earlier run, perhaps
	trigger := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "eventing.knative.dev/v1", "kind": "Trigger",
		"metadata": map[string]any{"name": name, "namespace": system},
		"spec":     map[string]any{"broker": "knelt", "subscriber": map[string]any{"uri": url}},
	}}
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		_, err := all.Create(ctx, trigger, metav1.CreateOptions{})
		if err == nil {
			return ready(ctx, triggers, name)
		}
		if time.Now().After(end) {
			return fmt.Errorf("making the tests' trigger: %w", err)
		}
	}
}

// ready waits until an object of Knative's says that it is ready.
func ready(ctx context.Context, of schema.GroupVersionResource, name string) error {
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		o, err := knatv.Resource(of).Namespace(system).Get(ctx, name, metav1.GetOptions{})
		if err == nil && isReady(o) {
			return nil
		}
		if time.Now().After(end) {
			return errors.Join(fmt.Errorf("%s %s is not ready: %v", of.Resource, name, o), err)
		}
	}
}

func isReady(o *unstructured.Unstructured) bool {
	observed, _, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range conditions {
		if m, ok := c.(map[string]any); ok && m["type"] == "Ready" {
			return m["status"] == "True" && observed == o.GetGeneration()
		}
	}
	return false
}

func (r *recorder) take(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, e)
}

func (r *recorder) close() { _ = r.server.Close() }

// of gives the events of a subject, in the order they came, less those that
// asked.
func (r *recorder) of(subject string) []event.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []event.Event
	for _, e := range r.all {
		if e.Subject() == subject && e.Type() != events.SyncRequested {
			all = append(all, e)
		}
	}
	return all
}

// result waits for the result of a run.
func (r *recorder) result(t *testing.T, run events.Run, within time.Duration) *events.SyncResult {
	t.Helper()
	var result *events.SyncResult
	eventually(t, "the result of "+run.Key(), within, func() bool {
		for _, e := range r.of(run.Subject()) {
			p, err := events.Decode(e)
			if s, ok := p.(*events.SyncResult); ok && err == nil && s.Key() == run.Key() {
				result = s
			}
		}
		return result != nil
	})
	return result
}

// count counts the events of a type about a subject.
func (r *recorder) count(subject, eventType string) int {
	n := 0
	for _, e := range r.of(subject) {
		if e.Type() == eventType {
			n++
		}
	}
	return n
}

// eventually waits for what must come.
func eventually(t *testing.T, what string, within time.Duration, is func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not come within %s", what, within)
		}
	}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
