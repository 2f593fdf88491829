package kube

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/secure"
)

// placed is a pod that exists, and the relay that is attached to it.
type placed struct {
	c    *Cluster
	log  *slog.Logger
	pod  *corev1.Pod // as it was made or found
	seed secure.PodSeed
	// secret is the Secret's, which has the pod's name.
	secret types.UID
	watch  *watch
	run    *client.Run

	ctx    context.Context // ends when the pod is in trouble, with that as its cause
	cancel context.CancelCauseFunc
}

// follow begins to watch a pod.
func (c *Cluster) follow(pod *corev1.Pod, seed secure.PodSeed, secret types.UID) *placed {
	p := &placed{c: c, pod: pod, seed: seed, secret: secret, log: c.Log.With("pod", pod.Name)}
	p.watch = newWatch(c.pods(), pod, c.Log)
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	go p.watch.run(p.ctx)
	g := &guard{watch: p.watch, patience: map[patience]time.Duration{ofPulling: c.PullPatience, ofScheduling: c.SchedulePatience}}
	go func() {
		if err := g.run(p.ctx); err != nil {
			p.cancel(err)
		}
	}()
	return p
}

// within gives a context that ends with ctx and with the pod.
func (p *placed) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(p.ctx, func() { cancel(context.Cause(p.ctx)) })
	return ctx, func() { stop(); cancel(nil) }
}

// attach dials the pod's bridge as soon as it has an address.
func (p *placed) attach(ctx context.Context, cfg client.Config) error {
	pod, err := p.watch.await(ctx, func(pod *corev1.Pod) bool { return pod.Status.PodIP != "" })
	if err != nil {
		return fmt.Errorf("waiting for the address of pod %s: %w", p.pod.Name, err)
	}
	cfg.Addr, cfg.Seed, cfg.Autopsy, cfg.Dial = addressOf(pod), p.seed, p.autopsy, eager()
	p.run, err = client.Attach(ctx, cfg)
	return err
}

// keep ties the run to the pod: one that is in trouble ends it, at once.
func (p *placed) keep() {
	stop := context.AfterFunc(p.ctx, func() { p.run.Lose(context.Cause(p.ctx)) })
	go func() {
		<-p.run.Ended()
		stop()
		p.cancel(nil)
	}()
}

// removeTime bounds the deletion of what is not needed any more.
const removeTime = 10 * time.Second

// remove deletes the pod and its Secret. What fails is left to Sweep.
func (p *placed) remove() {
	ctx, cancel := context.WithTimeout(context.Background(), removeTime)
	defer cancel()
	if err := p.c.deletePod(ctx, p.pod); err != nil {
		p.log.Warn("a pod that is not needed any more was not deleted: Sweep will", "error", err)
	}
	if err := p.c.deleteSecret(ctx, p.pod.Name, p.secret); err != nil {
		p.log.Warn("a Secret that is not needed any more was not deleted: Sweep will", "error", err)
	}
}

// discard ends what a failed start has made.
func (p *placed) discard(reason error) {
	if p.run != nil {
		p.settle(reason)
	}
	p.cancel(nil)
	p.remove()
}

// settle lets a bridge end whose connector has ended already, and else leaves it:
// its pod is deleted.
func (p *placed) settle(reason error) {
	if errors.As(reason, new(*client.UnlaunchedError)) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := p.run.Done(ctx); err != nil {
			p.log.Debug("a bridge was not told that all is settled", "error", err)
		}
	}
	p.run.Lose(reason)
}

// deletePod deletes this very pod, and not another of its name. One that is gone
// is no error.
func (c *Cluster) deletePod(ctx context.Context, pod *corev1.Pod) error {
	err := c.pods().Delete(ctx, pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: new(int64(max(1, c.RemoveGrace/time.Second))),
		Preconditions:      &metav1.Preconditions{UID: &pod.UID},
	})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

// deleteSecret deletes this very Secret, as deletePod does.
func (c *Cluster) deleteSecret(ctx context.Context, name string, uid types.UID) error {
	err := c.secrets().Delete(ctx, name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}
