package kube

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiwatch "k8s.io/apimachinery/pkg/watch"
)

// awaitGone waits until deleted pods are no more: only then nothing of them
// runs. A node that does not answer keeps its pods until somebody decides that it
// is gone for good.
func (c *Cluster) awaitGone(ctx context.Context, among metav1.ListOptions, pods []corev1.Pod) error {
	for len(pods) > 0 {
		list, err := c.pods().List(ctx, among)
		if err == nil {
			pods = slices.DeleteFunc(pods, func(p corev1.Pod) bool {
				return !slices.ContainsFunc(list.Items, func(there corev1.Pod) bool { return there.UID == p.UID })
			})
			if len(pods) == 0 {
				return nil
			}
			c.nextDeletion(ctx, among, list.ResourceVersion)
		}
		select {
		case <-time.After(firstRewatch):
		case <-ctx.Done():
			return fmt.Errorf("%s did not go: %w", namesOf(pods), context.Cause(ctx))
		}
	}
	return nil
}

// nextDeletion waits until one of the pods is gone, or the watch ends.
func (c *Cluster) nextDeletion(ctx context.Context, among metav1.ListOptions, version string) {
	among.ResourceVersion = version
	w, err := c.pods().Watch(ctx, among)
	if err != nil {
		return // the list is asked again
	}
	defer w.Stop()
	for event := range w.ResultChan() {
		if event.Type == apiwatch.Deleted || event.Type == apiwatch.Error {
			return
		}
	}
}

func namesOf(pods []corev1.Pod) string {
	var names []string
	for _, p := range pods {
		name := "pod " + p.Name
		if p.Spec.NodeName != "" {
			name += " on " + p.Spec.NodeName
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
