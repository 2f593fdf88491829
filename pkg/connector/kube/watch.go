package kube

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// watch follows one pod. An API server that is out of reach is asked again: it
// tells nothing of the pod.
type watch struct {
	pods corev1client.PodInterface
	log  *slog.Logger

	mu      sync.Mutex
	pod     *corev1.Pod // as it was seen last
	gone    bool        // it is deleted, or its name is another's
	changed chan struct{}
}

func newWatch(pods corev1client.PodInterface, pod *corev1.Pod, log *slog.Logger) *watch {
	return &watch{pods: pods, pod: pod, log: log, changed: make(chan struct{})}
}

// The waits between tries to watch.
const (
	firstRewatch   = 100 * time.Millisecond
	longestRewatch = 5 * time.Second
)

// run follows until ctx ends or the pod is gone.
func (w *watch) run(ctx context.Context) {
	wait := firstRewatch
	for {
		began := time.Now()
		err := w.follow(ctx)
		if _, gone, _ := w.see(); gone || ctx.Err() != nil {
			return
		}
		if time.Since(began) > longestRewatch {
			wait = firstRewatch // it worked for a while: watches end now and then
		} else {
			w.log.Debug("a pod cannot be watched now", "pod", w.pod.Name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
			wait = min(2*wait, longestRewatch)
		}
	}
}

var errWatchEnded = errors.New("the watch has ended")

// follow looks once, and from there on for as long as the server lets it.
func (w *watch) follow(ctx context.Context) error {
	only := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", w.pod.Name).String()}
	list, err := w.pods.List(ctx, only)
	if err != nil {
		return fmt.Errorf("listing: %w", err)
	}
	if !w.take(list.Items) {
		return nil
	}
	only.ResourceVersion = list.ResourceVersion
	following, err := w.pods.Watch(ctx, only)
	if err != nil {
		return fmt.Errorf("watching: %w", err)
	}
	defer following.Stop()
	for event := range following.ResultChan() {
		pod, ok := event.Object.(*corev1.Pod)
		switch {
		case !ok || event.Type == apiwatch.Error:
			return errWatchEnded
		case pod.UID != w.pod.UID:
		case event.Type == apiwatch.Deleted:
			w.set(pod, true)
			return nil
		default:
			w.set(pod, false)
		}
	}
	return errWatchEnded
}

// take finds the pod in a list, and tells whether it is there.
func (w *watch) take(list []corev1.Pod) bool {
	for i := range list {
		if list[i].UID == w.pod.UID {
			w.set(&list[i], false)
			return true
		}
	}
	w.set(w.pod, true)
	return false
}

func (w *watch) set(pod *corev1.Pod, gone bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pod, w.gone = pod, gone
	close(w.changed)
	w.changed = make(chan struct{})
}

// see gives the pod as it was seen last, and what is closed when there is news.
func (w *watch) see() (pod *corev1.Pod, gone bool, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pod, w.gone, w.changed
}

// await waits until the pod is such that is holds.
func (w *watch) await(ctx context.Context, is func(*corev1.Pod) bool) (*corev1.Pod, error) {
	for {
		pod, _, changed := w.see()
		if is(pod) {
			return pod, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return pod, context.Cause(ctx)
		}
	}
}
