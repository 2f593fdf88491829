package smoketest

import (
	"net"
	"os/exec"
	"strings"
	"testing"
)

func TestPodsMoveFromALostNodeThatComesBack(t *testing.T) {
	ns := newNamespace(t)
	ns.apply(t, "mover.yaml")
	ns.kubectl(t, "rollout", "status", "deployment/mover", "--timeout=120s")
	if nodes := ns.nodesOfReadyPods(t); nodes != "node2" {
		t.Fatalf("the pod is to be on node2, and is on %q", nodes)
	}
	t.Cleanup(func() { // the context of the test has ended by then
		if out, err := exec.Command("cluster", "node", "start", "node2").CombinedOutput(); err != nil {
			t.Errorf("starting node2: %v: %s", err, out)
		}
	})
	must(t, "cluster", "node", "stop", "node2")
	eventually(t, "the cluster has noticed the loss", func() bool { return nodeStatus(t) == "Unknown" })
	if _, err := net.DefaultResolver.LookupHost(t.Context(), "kubernetes.default.svc.cluster.local"); err != nil {
		t.Errorf("names are not resolved while a node is lost: %v", err)
	}
	eventually(t, "the pod runs on the other node", func() bool { return strings.Contains(ns.nodesOfReadyPods(t), "node1") })
	must(t, "cluster", "node", "start", "node2")
	if got := nodeStatus(t); got != "True" {
		t.Errorf("a started node says Ready=%s", got)
	}
	eventually(t, "the lost pod is gone", func() bool { return len(ns.pods(t, "app=mover")) == 1 })
}

func (ns namespace) nodesOfReadyPods(t *testing.T) string {
	t.Helper()
	return ns.kubectl(t, "get", "pods", "-l", "app=mover", "-o",
		`jsonpath={.items[?(@.status.containerStatuses[0].ready==true)].spec.nodeName}`)
}

func nodeStatus(t *testing.T) string {
	t.Helper()
	return must(t, "kubectl", "get", "node", "node2", "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
}
