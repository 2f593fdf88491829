package knative

import (
	"context"
	"fmt"
	"os/exec"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"knelt.dev/events"
)

// TestASyncOutlivesANode: the connectors' pods are lost with node2, and the next
// attempt runs on the other node from the checkpoint.
func TestASyncOutlivesANode(t *testing.T) {
	const users = 1500
	functionOnNode1(t)
	schedulable(t, "node1", false)
	f := faker{Users: users, Rate: 3 * users / 20.0}
	s := newSyncOf(t, recipe{config: f.config(), spec: "retries: {max: 1, backoff: 100ms}"})
	post(t, s.request())
	s.running()
	for _, p := range s.connectorPods("") {
		if p.Spec.NodeName != "node2" {
			t.Errorf("%s runs on %s", p.Name, p.Spec.NodeName)
		}
	}
	schedulable(t, "node1", true)
	t.Cleanup(func() { node2(t, "start") })
	node2(t, "stop")
	began := time.Now()
	r := heard.result(t, s.run(), 5*time.Minute)
	t.Logf("the sync ended %s after its node was lost", time.Since(began).Round(time.Second))
	if r.Outcome != events.Succeeded || r.Attempts != 2 {
		t.Errorf("the sync ended %s %q after %d attempts", r.Outcome, r.Reasons, r.Attempts)
	}
	s.exact(users)
	node2(t, "start")
	s.nothingLeft(time.Minute)
}

// functionOnNode1 has the sync function run there, by a sync that wakes it.
func functionOnNode1(t *testing.T) {
	t.Helper()
	atZero(t, "sync")
	schedulable(t, "node2", false)
	defer schedulable(t, "node2", true)
	s := newSync(t, faker{Users: 1}, "")
	post(t, s.request())
	heard.result(t, s.run(), time.Minute)
}

// node2 stops or starts the node that runs nothing of Knative's.
func node2(t *testing.T, do string) {
	t.Helper()
	if out, err := exec.Command("cluster", "node", do, "node2").CombinedOutput(); err != nil {
		t.Fatalf("cluster node %s node2: %v: %s", do, err, out)
	}
}

// schedulable tells whether a node takes new pods.
func schedulable(t *testing.T, node string, is bool) {
	t.Helper()
	patch := fmt.Appendf(nil, `{"spec": {"unschedulable": %t}}`, !is)
	if _, err := kube.CoreV1().Nodes().Patch(context.Background(), node, types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}
