package kube

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/pkg/connector/kube/resources"
)

// Removed is something that Sweep has deleted.
type Removed struct {
	// Kind is Pod or Secret.
	Kind, Name string
	// Reason says why nobody needs it.
	Reason string
}

// Live tells whether a sync has a lease, or is waited for by a successor.
type Live func(ctx context.Context, connection string, sync int64) (bool, error)

// Sweep deletes what engines that died have left: pods that have ended, pods of
// syncs without a lease, pods whose command must long be over, and Secrets
// without a pod. Nothing younger than age is touched; some minutes are enough,
// and clocks may differ by less. The error tells what could not be deleted or
// asked; the rest is.
func (c *Cluster) Sweep(ctx context.Context, age time.Duration, live Live) ([]Removed, error) {
	all := metav1.ListOptions{LabelSelector: resources.Selector()}
	secrets, err := c.secrets().List(ctx, all)
	if err != nil {
		return nil, fmt.Errorf("sweeping: %w", err)
	}
	pods, err := c.pods().List(ctx, all)
	if err != nil {
		return nil, fmt.Errorf("sweeping: %w", err)
	}
	s := sweep{c: c, before: time.Now().Add(-age), live: live, there: map[string]bool{}}
	for _, p := range pods.Items {
		s.there[p.Name] = true
		s.pod(ctx, &p)
	}
	for _, secret := range secrets.Items { // those were listed first: a new one's pod may be coming
		s.secret(ctx, &secret)
	}
	return s.removed, errors.Join(s.failed...)
}

type sweep struct {
	c       *Cluster
	before  time.Time
	live    Live
	there   map[string]bool
	removed []Removed
	failed  []error
}

func (s *sweep) pod(ctx context.Context, p *corev1.Pod) {
	if !p.CreationTimestamp.Time.Before(s.before) || p.DeletionTimestamp != nil {
		return
	}
	reason, err := s.reason(ctx, p)
	if err == nil && reason != "" {
		err = s.c.deletePod(ctx, p)
	}
	s.note("Pod", p.Name, reason, err)
}

// reason is why nobody needs a pod; "": somebody may.
func (s *sweep) reason(ctx context.Context, p *corev1.Pod) (string, error) {
	connection, seated := p.Annotations[resources.LabelConnection]
	if !seated {
		return s.alone(p), nil
	}
	sync, err := strconv.ParseInt(p.Labels[resources.LabelSync], 10, 64)
	if err != nil {
		return "", fmt.Errorf("its label %s is no number", resources.LabelSync)
	}
	live, err := s.live(ctx, connection, sync)
	if err != nil || live {
		return "", err
	}
	return fmt.Sprintf("sync %d of connection %q is over", sync, connection), nil
}

func (s *sweep) alone(p *corev1.Pod) string {
	limit := p.Spec.ActiveDeadlineSeconds
	switch {
	case p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed:
		return "it has ended"
	case limit != nil && p.CreationTimestamp.Add(time.Duration(*limit)*time.Second).Before(s.before):
		return "its time is over"
	}
	return ""
}

func (s *sweep) secret(ctx context.Context, secret *corev1.Secret) {
	if s.there[secret.Name] || !secret.CreationTimestamp.Time.Before(s.before) {
		return
	}
	s.note("Secret", secret.Name, "its pod is gone", s.c.deleteSecret(ctx, secret.Name, secret.UID))
}

func (s *sweep) note(kind, name, reason string, err error) {
	switch {
	case err != nil:
		s.failed = append(s.failed, fmt.Errorf("sweeping %s %s: %w", kind, name, err))
	case reason != "":
		s.removed = append(s.removed, Removed{kind, name, reason})
	}
}
