package kube

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/secure"
	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/kube/resources"
	"knelt.dev/pkg/replication"
)

// Pods is engine.Pods over a Cluster.
type Pods struct{ c *Cluster }

// Pods gives the pods of syncs.
func (c *Cluster) Pods() Pods { return Pods{c} }

// StartAt implements engine.Pods.
func (ps Pods) StartAt(ctx context.Context, s connector.Seat, what connector.Connector, inv connector.Invocation) (replication.Attached, error) {
	c := ps.c
	w, err := c.want(ctx, what, s.Command)
	if err != nil {
		return nil, err
	}
	w.Name, w.Seat = resources.SeatName(s), &s
	cfg := c.relayOf(s)
	cfg.Env = what.Env
	p, err := c.start(ctx, w, cfg, inv)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", inv.Command, err)
	}
	return &seated{Relayed: client.Relayed{Run: p.run}, pod: p}, nil
}

// relayOf is what the relay of a seat is told.
func (c *Cluster) relayOf(s connector.Seat) client.Config {
	cfg := c.relay(connector.Connector{})
	cfg.Connection, cfg.Sync, cfg.Epoch, cfg.Resumable = s.Connection, s.Sync, s.Epoch, true
	return cfg
}

// Attach implements engine.Pods.
func (ps Pods) Attach(ctx context.Context, s connector.Seat) (replication.Attached, error) {
	c := ps.c
	p, err := c.find(ctx, s)
	if err != nil {
		return nil, err
	}
	cfg := c.relayOf(s)
	cfg.Appear = c.GiveUp
	within, cancel := p.within(ctx)
	defer cancel()
	if err := p.attach(within, cfg); err != nil {
		err = p.unattached(err)
		p.cancel(nil)
		return nil, err
	}
	if p.run.State() == wire.Waiting {
		defer p.cancel(nil)
		p.run.Lose(errors.New("its connector was never started"))
		return nil, fmt.Errorf("pod %s: its connector was never started: %w", p.pod.Name, connector.ErrNoPod)
	}
	p.keep()
	return &seated{Relayed: client.Relayed{Run: p.run}, pod: p, resume: resumeOf(p.run)}, nil
}

// unattached tells a pod that is gone from one that may still be there.
func (p *placed) unattached(err error) error {
	var refused *client.RefusedError
	if trouble := context.Cause(p.ctx); trouble != nil {
		return fmt.Errorf("%w: %w", trouble, connector.ErrNoPod)
	}
	if errors.As(err, &refused) && errors.Is(err, client.ErrPodLost) {
		return fmt.Errorf("pod %s: %w: %w", p.pod.Name, err, connector.ErrNoPod)
	}
	return fmt.Errorf("attaching to pod %s: %w", p.pod.Name, err)
}

// find finds the pod of a seat and its seed.
func (c *Cluster) find(ctx context.Context, s connector.Seat) (*placed, error) {
	name := resources.SeatName(s)
	none := func(why string) error { return fmt.Errorf("pod %s %s: %w", name, why, connector.ErrNoPod) }
	pod, err := c.pods().Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, none("does not exist")
	case err != nil:
		return nil, fmt.Errorf("looking for pod %s: %w", name, err)
	case pod.Annotations[resources.LabelConnection] != s.Connection:
		return nil, none("belongs to another connection")
	case pod.Status.PodIP == "":
		return nil, none("never got an address")
	}
	if t := diagnose(pod); t != nil && t.kind == over {
		return nil, none("is over (" + t.problem + ")")
	}
	secret, err := c.secrets().Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, none("has lost its Secret")
	case err != nil:
		return nil, fmt.Errorf("reading the Secret of pod %s: %w", name, err)
	}
	seed, err := secure.ParsePodSeed(string(secret.Data[resources.SeedKey]))
	if err != nil {
		return nil, fmt.Errorf("the Secret of pod %s: %w", name, err)
	}
	return c.follow(pod, seed, secret.UID), nil
}

// resumeOf is where a relay goes on that attached so.
func resumeOf(run *client.Run) *replication.Resume {
	a := run.Attached()
	r := &replication.Resume{Accepted: a.Stdin.Accepted, Ended: a.Stdin.Ended, Produced: a.Stdout.Produced}
	if m, snapshot, _ := run.Resume(); m != nil {
		r.Snapshot, r.Version = snapshot, m.Version
		r.Source, r.Stdin, r.Stdout = m.Source, m.Offset, m.Stdout
	}
	return r
}

// seated is a connector on a seat.
type seated struct {
	client.Relayed
	pod    *placed
	resume *replication.Resume
}

var _ replication.Attached = (*seated)(nil)

// Resume implements replication.Attached.
func (s *seated) Resume() *replication.Resume { return s.resume }

// Wait implements connector.Run.
func (s *seated) Wait() (connector.Exit, error) {
	exit, err := s.Relayed.Wait()
	return s.pod.explain(exit), err
}

// Done implements replication.Attached. The pod is deleted, whether its bridge
// answered or not: all is settled.
func (s *seated) Done(ctx context.Context) error {
	err := s.Relayed.Done(ctx)
	s.pod.remove()
	return err
}

// Remove implements engine.Pods.
func (ps Pods) Remove(ctx context.Context, connection string, sync int64) error {
	c := ps.c
	all := metav1.ListOptions{LabelSelector: resources.SyncSelector(connection, sync)}
	list, err := c.pods().List(ctx, all)
	if err != nil {
		return fmt.Errorf("looking for the pods of sync %d of connection %q: %w", sync, connection, err)
	}
	var failed []error
	var pods []corev1.Pod
	for _, p := range list.Items {
		if p.Annotations[resources.LabelConnection] == connection {
			pods = append(pods, p)
			failed = append(failed, c.deletePod(ctx, &p))
		}
	}
	failed = append(failed, c.removeSecrets(ctx, all, connection), c.awaitGone(ctx, all, pods))
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("removing the pods of sync %d of connection %q: %w", sync, connection, err)
	}
	return nil
}

func (c *Cluster) removeSecrets(ctx context.Context, all metav1.ListOptions, connection string) error {
	list, err := c.secrets().List(ctx, all)
	if err != nil {
		return err
	}
	var failed []error
	for _, s := range list.Items {
		if s.Annotations[resources.LabelConnection] == connection {
			failed = append(failed, c.deleteSecret(ctx, s.Name, s.UID))
		}
	}
	return errors.Join(failed...)
}
