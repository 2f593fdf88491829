//go:build linux

package kube

import (
	"context"
	"fmt"
	"io"
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
	c := kube.Config{Client: knelts(t, namespace), Settings: resources.DefaultSettings(), StartTimeout: time.Minute, PullPatience: 10 * time.Second}
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

// TestWhatAConnectorWroteOutlivesItsContainer: a slow reader gets it from the
// sidecar, which Kubernetes has told to end.
func TestWhatAConnectorWroteOutlivesItsContainer(t *testing.T) {
	const mebibytes = 30
	ns := namespace(t, "restricted")
	run := start(t, cluster(t, ns), mode(fmt.Sprint("write:", mebibytes)))
	until(t, time.Minute, "the connector's end", func() bool {
		pods, err := world.client.CoreV1().Pods(ns).List(t.Context(), metav1.ListOptions{})
		if err != nil || len(pods.Items) != 1 {
			t.Fatalf("%d pods, %v", len(pods.Items), err)
		}
		c := pods.Items[0].Status.ContainerStatuses
		return len(c) == 1 && c[0].State.Terminated != nil
	})
	time.Sleep(15 * time.Second)
	got, err := io.Copy(io.Discard, run.Stdout())
	if err != nil || got != mebibytes<<20 {
		t.Errorf("%d bytes of %d MiB came, %v", got, mebibytes, err)
	}
	if exit, err := drain(run); err != nil || exit != (connector.Exit{}) {
		t.Errorf("got %+v, %v", exit, err)
	}
	nothingIsLeft(t, ns)
}

// nothingIsLeft waits until no pod and no Secret of connectors is there.
func nothingIsLeft(t testing.TB, namespace string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
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
