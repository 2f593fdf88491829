package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"knelt.dev/loadtest/kubectl"
	"knelt.dev/loadtest/site"
)

// stopwatches is what functions log about questions: what the connector said of
// itself, and how long the request was inside.
type stopwatches struct {
	mu   sync.Mutex
	told map[string]question // by id
}

// followStopwatches reads the logs of the pods of check and discover as they
// come.
func followStopwatches(s *site.Site) *stopwatches {
	w := &stopwatches{told: map[string]question{}}
	var mu sync.Mutex
	followed := map[string]bool{}
	s.Watch(site.System, "serving.knative.dev/service in (knelt-check,knelt-discover)", func(e kubectl.Event) {
		container := strings.TrimPrefix(e.Pod.Metadata.Labels["serving.knative.dev/service"], "knelt-")
		mu.Lock()
		defer mu.Unlock()
		if e.Type == "DELETED" || followed[e.Pod.Metadata.UID] || !e.Pod.Runs(container) {
			return
		}
		followed[e.Pod.Metadata.UID] = true
		s.Go(func(ctx context.Context) error { return s.API.Log(ctx, e.Pod, container, w.line) })
	})
	return w
}

// line takes one of a function's log. Others than those about questions are
// passed over.
func (w *stopwatches) line(text []byte) {
	var l struct {
		Msg, Request string
		Duration     time.Duration
	}
	if json.Unmarshal(text, &l) != nil || l.Request == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	q := w.told[l.Request]
	if l.Msg == "request" {
		q.inside = l.Duration
	} else {
		_ = q.read(l.Msg) // an error: it is another line
	}
	w.told[l.Request] = q
}

// tell completes a question, if all has been told of it.
func (w *stopwatches) tell(q *question) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.told[q.id]
	if t.pod == "" || t.inside == 0 {
		return false
	}
	q.pod, q.began, q.ended, q.inside = t.pod, t.began, t.ended, t.inside
	return true
}

// read reads what a stopwatch said.
func (q *question) read(message string) error {
	var began, ended int64
	if _, err := fmt.Sscanf(message, "stopwatch %s %d %d", &q.pod, &began, &ended); err != nil {
		return fmt.Errorf("%.100q is no stopwatch's: %w", message, err)
	}
	q.began, q.ended = time.Unix(0, began), time.Unix(0, ended)
	return nil
}
