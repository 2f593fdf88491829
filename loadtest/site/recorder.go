package site

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"knelt.dev/events"
	"knelt.dev/loadtest/kubectl"
)

// Heard is an event, and when it came.
type Heard struct {
	Event event.Event
	At    time.Time
}

// Recorder keeps what a Broker tells.
type Recorder struct {
	mu     sync.Mutex
	all    []Heard
	server *http.Server
	remove func() error
}

// triggersPath is where Triggers of Knelt's Broker are made.
const triggersPath = "/apis/eventing.knative.dev/v1/namespaces/" + System + "/triggers/"

// listen serves on an address that pods reach, and has the Broker deliver there.
func listen(ctx context.Context, api *kubectl.API, address string) (*Recorder, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		return nil, err
	}
	// Of another name than all before: whoever still knows an earlier one would
	// deliver to where that listened.
	name := "knelt-loadtest-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	r := &Recorder{}
	r.server = &http.Server{Handler: http.HandlerFunc(r.serve), ReadHeaderTimeout: time.Minute}
	r.remove = func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		for {
			err := api.Delete(ctx, triggersPath+name) // Knative's webhook may be busy
			if err == nil || ctx.Err() != nil {
				return err
			}
			time.Sleep(time.Second)
		}
	}
	go func() { _ = r.server.Serve(l) }() // until close
	return r, subscribe(ctx, api, name, fmt.Sprintf("http://%s", l.Addr()))
}

// subscribed is how long a Trigger may take to be ready.
const subscribed = time.Minute

func subscribe(ctx context.Context, api *kubectl.API, name, url string) error {
	object := map[string]any{
		"apiVersion": "eventing.knative.dev/v1", "kind": "Trigger",
		"metadata": map[string]any{"name": name, "namespace": System},
		"spec": map[string]any{
			"broker": "knelt", "subscriber": map[string]any{"uri": url},
			"delivery": map[string]any{"retry": 10, "backoffPolicy": "linear", "backoffDelay": "PT0.1S"},
		},
	}
	if err := api.Apply(ctx, triggersPath+name, object); err != nil {
		return fmt.Errorf("making the trigger: %w", err)
	}
	for end := time.Now().Add(subscribed); ; time.Sleep(200 * time.Millisecond) {
		var t triggerObject
		if err := api.Get(ctx, triggersPath+name, &t); err != nil {
			return err
		}
		if t.ready() {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("the trigger is not ready: %+v", t)
		}
	}
}

type triggerObject struct {
	Metadata struct{ Generation int64 }
	Status   struct {
		ObservedGeneration int64
		Conditions         []struct{ Type, Status, Message string }
	}
}

// ready tells whether the Trigger as it is now does its work, rather than one of
// an earlier run.
func (t triggerObject) ready() bool {
	for _, c := range t.Status.Conditions {
		if c.Type == "Ready" {
			return c.Status == "True" && t.Status.ObservedGeneration == t.Metadata.Generation
		}
	}
	return false
}

func (r *Recorder) serve(w http.ResponseWriter, q *http.Request) {
	e, err := binding.ToEvent(q.Context(), cehttp.NewMessageFromHttpRequest(q))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.take(Heard{*e, time.Now()})
	w.WriteHeader(http.StatusAccepted)
}

func (r *Recorder) take(h Heard) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, h)
}

// All are the events that came, in their order, less the requests.
func (r *Recorder) All() []Heard {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.all), func(h Heard) bool { return h.Event.Type() == events.SyncRequested })
}

// Count is how many events there are for which is holds.
func (r *Recorder) Count(is func(event.Event) bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, h := range r.all {
		if is(h.Event) {
			n++
		}
	}
	return n
}

func (r *Recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = nil
}

func (r *Recorder) close() error {
	_ = r.server.Close() // whoever still delivers is told by that
	return r.remove()
}

// IsResult tells that an event tells how a sync ended.
func IsResult(e event.Event) bool {
	switch e.Type() {
	case events.SyncSucceeded, events.SyncIncomplete, events.SyncFailed, events.SyncCancelled:
		return true
	}
	return false
}
