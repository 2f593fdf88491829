package knative

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"knelt.dev/test/cluster/internal/manifest"
)

const original = `
kind: Namespace
metadata: {name: n}
---
kind: HorizontalPodAutoscaler
metadata: {name: h}
---
kind: Deployment
metadata: {name: d, namespace: n}
spec:
  template:
    spec:
      containers:
        - image: ko://example.org/built
          env: [{name: X, value: ko://example.org/other}]
          resources: {requests: {cpu: 100m}, limits: {cpu: 1000m}}
          readinessProbe: {periodSeconds: 5}
          livenessProbe: {initialDelaySeconds: 5, periodSeconds: 10}
---
kind: ConfigMap
metadata: {name: c, namespace: n}
data: {kept: old, changed: old}
`

const tuned = `
kind: Namespace
metadata: {name: n}
---
kind: Deployment
metadata: {name: d, namespace: n}
spec:
  template:
    spec:
      nodeSelector: {kubernetes.io/hostname: node1}
      containers:
        - image: ko://example.org/built
          env: [{name: X, value: not-built.invalid/example.org/other}]
          resources: {requests: {cpu: 10m, memory: 64Mi}}
          readinessProbe: {periodSeconds: 1, timeoutSeconds: 10}
          livenessProbe: {initialDelaySeconds: 5, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 10}
---
kind: ConfigMap
metadata: {name: c, namespace: n}
data: {kept: old, changed: new}
---
kind: ConfigMap
metadata: {name: c, namespace: elsewhere}
data: {added: new}
`

const overrides = `
kind: ConfigMap
metadata: {name: c, namespace: n}
data: {changed: new}
---
kind: ConfigMap
metadata: {name: c, namespace: elsewhere}
data: {added: new}
`

func parse(t *testing.T, s string) []manifest.Doc {
	t.Helper()
	docs, err := manifest.Parse([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

func TestTuneFitsManifestsToASmallCluster(t *testing.T) {
	built := func(path string) bool { return path == "example.org/built" }
	got, err := Tune(parse(t, original), parse(t, overrides), "node1", built)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parse(t, tuned), got); diff != "" {
		t.Error(diff)
	}
	first, second := Phases(got)
	if len(first) != 1 || len(second) != 3 {
		t.Errorf("kinds and namespaces come first: %v, %v", first, second)
	}
}
