//go:build linux

package kube

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/connectortest"
	"knelt.dev/pkg/connector/kube"
	"knelt.dev/pkg/connector/kube/resources"
)

// cluster runs connectors in a namespace.
func cluster(t testing.TB, namespace string, change ...func(*kube.Config)) *kube.Cluster {
	t.Helper()
	c := kube.Config{Client: world.client, Settings: resources.DefaultSettings(), StartTimeout: time.Minute, PullPatience: 10 * time.Second}
	c.Settings.Namespace, c.Settings.Bridge = namespace, world.images["bridge"]
	c.Settings.Store = resources.SecretKey{Name: "knelt-bridge-store", Key: "address"}
	for _, one := range change {
		one(&c)
	}
	made, err := kube.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// steady keeps a pod on the node that no test loses.
var steady = connector.Pod{NodeSelector: map[string]string{"kubernetes.io/hostname": "node1"}}

// probe is connectortest's, in a pod.
func probe() connector.Connector {
	return connector.Connector{Image: world.images["probe"], Pod: steady}
}

func TestSuite(t *testing.T) {
	for _, delivery := range []kube.Delivery{kube.ByImage, kube.ByCopy} {
		t.Run(string(delivery), func(t *testing.T) {
			ns := namespace(t, "restricted")
			connectortest.Run(t, connectortest.Harness{
				Probe:   probe(),
				Missing: connector.Connector{Image: world.images["probe"], Command: []string{"/no/such/program"}, Pod: steady},
				Timeout: 2 * time.Minute,
				New: func(t *testing.T) connector.Runtime {
					t.Cleanup(func() { nothingIsLeft(t, ns) })
					return cluster(t, ns, func(c *kube.Config) { c.Delivery = delivery })
				},
			})
		})
	}
}

// nothingIsLeft waits until no pod and no Secret of connectors is there.
func nothingIsLeft(t testing.TB, namespace string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	all := metav1.ListOptions{LabelSelector: resources.Selector()}
	for {
		pods, err := world.client.CoreV1().Pods(namespace).List(ctx, all)
		if err != nil {
			t.Error(err)
			return
		}
		secrets, err := world.client.CoreV1().Secrets(namespace).List(ctx, all)
		if err != nil {
			t.Error(err)
			return
		}
		if len(pods.Items)+len(secrets.Items) == 0 {
			return
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			t.Errorf("%d pods and %d Secrets are left", len(pods.Items), len(secrets.Items))
			return
		}
	}
}
