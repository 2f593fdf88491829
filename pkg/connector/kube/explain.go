package kube

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/kube/resources"
)

const (
	// autopsyTime is how long Kubernetes may take to tell how a container ended.
	autopsyTime = 20 * time.Second
	// outsiderTime is how long it may take to tell who ended a connector, which is
	// good to know and not more.
	outsiderTime = 3 * time.Second
)

// autopsy asks Kubernetes how a connector ended whose launcher was killed.
func (p *placed) autopsy(ctx context.Context) (connector.Exit, error) {
	ctx, cancel := context.WithTimeout(ctx, autopsyTime)
	defer cancel()
	pod, err := p.watch.await(ctx, func(pod *corev1.Pod) bool {
		s := status(pod, resources.ConnectorContainer)
		return s != nil && s.State.Terminated != nil
	})
	if err != nil {
		return connector.Exit{}, fmt.Errorf("asking Kubernetes how: %w", err)
	}
	end := status(pod, resources.ConnectorContainer).State.Terminated
	if end.Reason != "OOMKilled" {
		return connector.Exit{}, fmt.Errorf("by Kubernetes it is %s, code %d%s", end.Reason, end.ExitCode, saying(end.Message))
	}
	return connector.Exit{Code: 137, Signal: "SIGKILL", OOM: true, Reason: outOfMemory(pod)}, nil
}

// explain adds to an exit what only Kubernetes knows: how much memory there was,
// or why somebody else ended the connector.
func (p *placed) explain(exit connector.Exit) connector.Exit {
	limit := memoryLimit(p.pod)
	switch {
	case exit.OOM && exit.Signal == "SIGKILL" && limit != "" && !strings.Contains(exit.Reason, limit):
		exit.Reason += ": its limit is " + limit
	case byAnOutsider(exit):
		if said := p.outsider(); said != "" {
			exit.Reason = said
		}
	}
	return exit
}

// byAnOutsider tells an end that looks as if neither the connector nor its relay
// wanted it.
func byAnOutsider(e connector.Exit) bool {
	return !e.Terminated && !e.OOM && (e.Signal == "SIGTERM" || e.Signal == "SIGKILL" || e.Code == 143)
}

// outsider says why the pod is over, if it is.
func (p *placed) outsider() string {
	ctx, cancel := context.WithTimeout(context.Background(), outsiderTime)
	defer cancel()
	w := newWatch(p.watch.pods, p.pod, p.log)
	go w.run(ctx)
	var found *trouble
	_, err := w.await(ctx, func(pod *corev1.Pod) bool {
		if found = deleted(pod); found == nil {
			found = evicted(pod)
		}
		return found != nil
	})
	if err != nil {
		return "" // nothing is known: the connector may have ended itself so
	}
	return found.problem
}
