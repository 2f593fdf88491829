package kube

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"

	"knelt.dev/bridge/client"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/kube/resources"
)

// Cluster runs connectors in the pods of a namespace. It is a connector.Runtime
// and may be used by several goroutines.
type Cluster struct {
	Config
	delivery *delivery
	notes    sync.Map // images whose user was told of
}

var _ connector.Runtime = (*Cluster)(nil)

// New returns a Cluster. Nothing is asked or made before the first Start.
func New(c Config) (*Cluster, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Cluster{Config: c, delivery: &delivery{client: c.Client, wanted: c.Delivery}}, nil
}

// Start implements connector.Runtime: the pod lives while this program is
// attached, and is deleted by Wait. Beside *connector.StartError there is
// *PodError, for what may be better the next time.
func (c *Cluster) Start(ctx context.Context, what connector.Connector, inv connector.Invocation) (connector.Run, error) {
	w, err := c.want(ctx, what, inv.Command)
	if err != nil {
		return nil, err
	}
	w.Name = resources.AloneName(inv.Command, strings.ToLower(rand.Text()[:10]))
	cfg := c.relay(what)
	cfg.Connection, cfg.Sync, cfg.Epoch = resources.AloneConnection, resources.AloneSync, 1
	p, err := c.start(ctx, w, cfg, inv)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", inv.Command, err)
	}
	return &aloneRun{p.run, p}, nil
}

// relay is what every relay of this cluster's bridges is told.
func (c *Cluster) relay(what connector.Connector) client.Config {
	return client.Config{GiveUp: c.GiveUp, Appear: c.StartTimeout, Env: what.Env, Log: c.Log, StderrWindow: resources.StderrWindow}
}

// aloneRun is a run whose pod nobody else will want.
type aloneRun struct {
	*client.Run
	pod *placed
}

// Wait implements connector.Run.
func (r *aloneRun) Wait() (connector.Exit, error) {
	exit, err := r.Run.Wait()
	r.pod.remove()
	return r.pod.explain(exit), err
}
