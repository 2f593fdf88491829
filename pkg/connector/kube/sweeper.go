package kube

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"knelt.dev/pkg/connector/kube/resources"
)

// Sweeper is a Cluster that can only sweep: it needs to know neither the
// bridge's image nor the store. It may list and delete pods and Secrets.
type Sweeper struct{ c Cluster }

// NewSweeper makes one of the connectors' namespace.
func NewSweeper(client kubernetes.Interface, namespace string) *Sweeper {
	return &Sweeper{Cluster{Config: Config{Client: client, Settings: resources.Settings{Namespace: namespace}, RemoveGrace: 10 * time.Second}}}
}

// InCluster connects to the API server of the cluster that this runs in.
func InCluster() (kubernetes.Interface, error) {
	in, err := rest.InClusterConfig()
	if err != nil {
		return nil, fmt.Errorf("this is no pod of a cluster: %w", err)
	}
	client, err := kubernetes.NewForConfig(in)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	return client, nil
}

// Sweep is Cluster.Sweep.
func (s *Sweeper) Sweep(ctx context.Context, age time.Duration, live Live) ([]Removed, error) {
	return s.c.Sweep(ctx, age, live)
}
