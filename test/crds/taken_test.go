package crds

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"knelt.dev/pkg/connection"
)

// taken are documents that both readers take: the API server and package
// connection.
const taken = `
apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop, labels: {team: a}}
spec:
  connector:
    image: registry.example/source-x@sha256:0000000000000000000000000000000000000000000000000000000000000000
    command: [/bin/x, ""]
    env: {LOG_LEVEL: DEBUG}
    resources: {requests: {cpu: 100m, memory: 1Gi}, limits: {memory: 2Gi, example.com/gpu: 1}}
    nodeSelector: {disk: fast}
    tolerations:
      - {operator: Exists}
      - {key: a, value: b, effect: NoExecute, tolerationSeconds: 5}
    affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}
    imagePullSecrets: [{name: pull}]
    imagePullPolicy: IfNotPresent
    runAsUser: 1000
    tmpSize: 1.5Gi
    podLabels: {team: a}
  config: {any: {thing: [1, two, null, 3.5]}, password: "${secret:shop/password}", _: {}}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: lake}
spec:
  connector: {image: "airbyte/destination-x:1.2", runAsRoot: true}
  supportsRefreshes: true
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: cron}
spec:
  source: shop
  destination: lake
  schedule: {cron: "0 2 * jan-MAR THU", timeZone: America/Argentina/Buenos_Aires, jitter: 5m, catchUp: never}
  streams:
    - {name: users, syncMode: incremental, destinationSyncMode: append_dedup, primaryKey: [[shop_id], [id]], cursorField: [updated_at]}
    - {name: users, namespace: other, selectedFields: [id]}
  namespaceFormat: "a_${SOURCE_NAMESPACE}"
  prefix: p_
  retries: {max: 3, backoff: 1m30s}
  timeouts: {grace: 0.5h, sourceIdle: -1s}
  discoverBeforeSync: true
  onSchemaChange: propagateAll
  notifications:
    - {webhook: "https://example.com/x", secret: "${secret:hook/key}", when: [failure]}
    - {webhook: "${secret:hook/url}"}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: every}
spec: {source: shop, destination: lake, schedule: {every: 1h30m, from: end, jitter: 20s}, paused: true}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: manual}
spec: {source: shop, destination: lake, schedule: {manual: true}}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: least}
spec: {source: shop, destination: lake}
`

// TestWhatIsTakenMeansTheSameOnALaptop: what the API server puts in by itself is
// what package connection would have.
func TestWhatIsTakenMeansTheSameOnALaptop(t *testing.T) {
	want, err := connection.Read("file", []byte(taken))
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Items      []any  `json:"items"`
	}
	list.APIVersion, list.Kind = "v1", "List"
	for _, o := range mustCreate(t, namespace(t), taken) {
		o.SetNamespace("")
		list.Items = append(list.Items, o.Object)
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	got, err := connection.Read("cluster", text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(meaning(t, want), meaning(t, got)); diff != "" {
		t.Errorf("the file and the cluster differ (-file +cluster):\n%s", diff)
	}
}

// meaning is a set without the order of keys.
func meaning(t *testing.T, set *connection.Set) any {
	t.Helper()
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestTheExampleIsTaken by the API server, too.
func TestTheExampleIsTaken(t *testing.T) {
	text, err := os.ReadFile("../../examples/knative/connection.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ns := namespace(t)
	if made := mustCreate(t, ns, strings.ReplaceAll(string(text), "namespace: knelt-connectors", "namespace: "+ns)); len(made) != 3 {
		t.Errorf("%d objects", len(made))
	}
}
