package plan

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"knelt.dev/test/cluster/internal/layout"
)

var programs = Programs{"/k", "/c", "/r", "/t/cluster", "/t/ingress"}

func TestFilesOfANodeAreItsOwn(t *testing.T) {
	nodes := layout.Nodes()
	files, err := NodeFiles(programs, nodes[1], "10.77.0.1:5000/pause:1")
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range files {
		if !strings.HasPrefix(path, layout.In("node2")+"/") || strings.Contains(content, "node1") || strings.Contains(content, nodes[0].Pods) {
			t.Errorf("%s belongs to another node: %s", path, content)
		}
		if strings.Contains(path, "kubelet.json") || strings.Contains(path, "conflist") {
			if !json.Valid([]byte(content)) {
				t.Errorf("%s is not JSON: %s", path, content)
			}
		}
	}
	if kubeconfig := Kubeconfig("token"); !json.Valid([]byte(kubeconfig)) {
		t.Errorf("the kubeconfig is not JSON: %s", kubeconfig)
	}
}

func TestProgramsWaitForWhatTheyNeed(t *testing.T) {
	var names []string
	for _, p := range Control(programs).Programs {
		names = append(names, p.Name)
		needs := p.Name != "etcd" && p.Name != "registry"
		if (p.After != "") != needs {
			t.Errorf("%s waits for %q", p.Name, p.After)
		}
	}
	for _, want := range []string{"etcd", "registry", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "ingress"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing", want)
		}
	}
}
