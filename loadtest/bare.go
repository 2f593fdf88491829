package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"knelt.dev/loadtest/kubectl"
	"knelt.dev/loadtest/site"
)

// bareName is whom a question is put to that goes to a pod of its own, without
// Knelt.
const bareName = "bare"

const bareLabel = "knelt.dev/loadtest"

// bares runs the stopwatch in pods without a bridge.
type bares struct {
	s  *site.Site
	mu sync.Mutex
	// created and ended pods, by name.
	created map[string]time.Time
	ended   map[string]chan kubectl.Pod
}

func watchBares(s *site.Site) *bares {
	b := &bares{s: s, created: map[string]time.Time{}, ended: map[string]chan kubectl.Pod{}}
	s.Watch(site.Connectors, bareLabel+"="+bareName, b.see)
	return b
}

func (b *bares) see(e kubectl.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	name := e.Pod.Metadata.Name
	waits, ours := b.ended[name]
	if !ours {
		return
	}
	if b.created[name].IsZero() {
		b.created[name] = e.At
	}
	if p := e.Pod.Status.Phase; p == "Succeeded" || p == "Failed" || e.Type == "DELETED" {
		delete(b.ended, name)
		waits <- e.Pod
	}
}

// run runs one pod to its end, and reads from its log when the connector ran.
func (b *bares) run(ctx context.Context, q *question) (err error) {
	q.pod = strings.ToLower(q.id)
	waits := make(chan kubectl.Pod, 1)
	b.mu.Lock()
	b.ended[q.pod] = waits
	b.mu.Unlock()
	const path = "/api/v1/namespaces/" + site.Connectors + "/pods"
	if err := b.s.API.Create(ctx, path, barePod(q.pod, b.s.Images["stopwatch"])); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.s.API.Delete(context.WithoutCancel(ctx), path+"/"+q.pod)) }()
	var pod kubectl.Pod
	select {
	case pod = <-waits:
	case <-ctx.Done():
		return fmt.Errorf("pod %s: %w", q.pod, context.Cause(ctx))
	}
	b.mu.Lock()
	q.created = b.created[q.pod]
	b.mu.Unlock()
	if err := b.s.API.Log(ctx, pod, "connector", q.take); err != nil {
		return err
	}
	if q.answered = q.ended; q.ended.IsZero() {
		return fmt.Errorf("pod %s ended %s and has not told when it ran", q.pod, pod.Status.Phase)
	}
	return nil
}

// take takes a line that a stopwatch printed.
func (q *question) take(line []byte) {
	var m struct{ Log struct{ Message string } }
	if json.Unmarshal(line, &m) == nil {
		_ = q.read(m.Log.Message) // an error: it is the answer
	}
}

// barePod is as near to the pod of a connector as can be without a bridge.
func barePod(name, image string) map[string]any {
	secured := map[string]any{
		"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": map[string]any{"drop": []string{"ALL"}},
	}
	return map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"name": name, "labels": map[string]string{bareLabel: bareName}},
		"spec": map[string]any{
			"restartPolicy": "Never", "automountServiceAccountToken": false, "enableServiceLinks": false,
			"securityContext": map[string]any{"runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": map[string]any{"type": "RuntimeDefault"}},
			"containers": []any{map[string]any{
				"name": "connector", "image": image, "args": []string{"check"}, "securityContext": secured,
				"resources": map[string]any{"requests": map[string]any{"cpu": "100m", "memory": "256Mi"}, "limits": map[string]any{"memory": "2Gi"}},
			}},
		},
	}
}
