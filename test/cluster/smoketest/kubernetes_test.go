package smoketest

import (
	"strings"
	"testing"
)

func TestJobEndsBesideItsSidecarAndRunsFromAMountedImage(t *testing.T) {
	ns := newNamespace(t)
	ns.apply(t, "pods.yaml")
	ns.kubectl(t, "wait", "--for=condition=Complete", "--timeout=120s", "job/sidecar")
	if said := ns.kubectl(t, "logs", "job/sidecar", "-c", "main"); !strings.Contains(said, "nonroot:x:65532") {
		t.Errorf("the mounted image has another content: %s", said)
	}
}

func TestPodsOfAllNodesAreBehindOneName(t *testing.T) {
	ns := newNamespace(t)
	ns.apply(t, "pods.yaml")
	ns.kubectl(t, "rollout", "status", "daemonset/everywhere", "--timeout=120s")
	want := ns.pods(t, "app=everywhere")
	if len(want) != 2 {
		t.Fatalf("there are two nodes, and the pods %v", want)
	}
	seen := map[string]bool{}
	eventually(t, "both pods have answered", func() bool {
		words := strings.Fields(get(t, "http://everywhere."+string(ns)))
		seen[strings.TrimSuffix(words[2], ":")] = true
		return seen[want[0]] && seen[want[1]]
	})
}

func TestPodSecurityHoldsByLabels(t *testing.T) {
	ns := newNamespace(t)
	ns.kubectl(t, "label", "namespace", string(ns), "pod-security.kubernetes.io/enforce=restricted")
	pod := `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "strong"}, "spec": {"containers": [
		{"name": "c", "image": "10.77.0.1:5000/any", "securityContext": {"privileged": true}}]}}`
	_, err := command(t, pod, "kubectl", "-n", string(ns), "create", "-f", "-")
	if err == nil || !strings.Contains(err.Error(), "violates PodSecurity") {
		t.Errorf("a privileged pod is to be refused: %v", err)
	}
}

// It is the last: the others need both nodes.
func TestZNodeIsLostAndComesBack(t *testing.T) {
	t.Cleanup(func() { must(t, "kubectl", "wait", "--for=condition=Ready", "--timeout=60s", "node", "--all") })
	must(t, "cluster", "node", "stop", "node2")
	eventually(t, "the cluster has noticed the loss", func() bool { return nodeStatus(t) == "Unknown" })
	if answer := get(t, "http://kubernetes.default.svc.cluster.local:443"); answer == "" {
		t.Error("names are not resolved while a node is lost")
	}
	must(t, "cluster", "node", "start", "node2")
	if got := nodeStatus(t); got != "True" {
		t.Errorf("a started node says Ready=%s", got)
	}
}

func nodeStatus(t *testing.T) string {
	t.Helper()
	return must(t, "kubectl", "get", "node", "node2", "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
}
