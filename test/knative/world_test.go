package knative

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
)

// broker is the ingress of Knelt's broker.
const broker = "http://broker-ingress.knative-eventing.svc.cluster.local/knelt-system/knelt"

// moving is a connection of a test, with its documents.
type moving struct {
	t    *testing.T
	name string
	docs *events.Documents
	due  time.Time
}

// faker is the config of a source-faker.
type faker struct {
	Users int
	Rate  float64
	More  string
}

func (f faker) config() string {
	return fmt.Sprintf(`{count: %d, rate: %v, records_per_state: 200, api_key: "${secret:tests/api-key}" %s}`, f.Users, f.Rate, f.More)
}

// recipe is what a sync is made of, in YAML.
type recipe struct {
	image   string // of the source, by its name among the images; a faker's if empty
	config  string // of the source
	options string // lines of the source's connector
	spec    string // lines of the connection's spec
}

// newSync makes a connection from a faker to PostgreSQL, in a schema of the
// test's own. options are lines of YAML that go into the source's connector.
func newSync(t *testing.T, f faker, options string) *moving {
	t.Helper()
	return newSyncOf(t, recipe{config: f.config(), options: options})
}

func newSyncOf(t *testing.T, r recipe) *moving {
	t.Helper()
	s := &moving{t: t, name: nameOf(t), due: time.Now().UTC().Truncate(time.Millisecond)}
	s.documents(r)
	t.Cleanup(func() {
		if t.Failed() {
			s.explain()
		}
	})
	return s
}

// nameOf makes a name for objects and schemas of a test.
func nameOf(t *testing.T) string {
	name := strings.ToLower(strings.NewReplacer("Test", "", "/", "-", "_", "-").Replace(t.Name()))
	return fmt.Sprintf("%.24s-%d-%d", name, time.Now().Unix()%1e6, serial.Add(1))
}

var serial atomic.Int64

func (s *moving) schema() string { return strings.ReplaceAll(s.name, "-", "_") }

func (s *moving) documents(r recipe) {
	s.t.Helper()
	if r.image == "" {
		r.image = "source-faker"
	}
	image, known := images[r.image]
	if !known {
		image = r.image
	}
	text := fmt.Sprintf(`
apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: %[1]s}
spec:
  connector:
    image: %[2]s
%[3]s
  config: %[4]s
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: %[1]s}
spec:
  supportsRefreshes: true
  connector: {image: %[5]s}
  config: %[6]s
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: %[1]s}
spec:
    source: %[1]s
    destination: %[1]s
%[7]s
`, s.name, image, indent(r.options), r.config, images["destination-postgres"], destinationConfig(s.schema()), indent(r.spec))
	set, err := connection.Read("docs", []byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	s.docs = &events.Documents{Source: set.Sources[s.name], Destination: set.Destinations[s.name], Connection: set.Connections[s.name]}
}

func indent(lines string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(lines), "\n", "\n    ")
}

// request is the event that asks for the sync.
func (s *moving) request() *events.SyncRequest {
	return &events.SyncRequest{Run: events.Run{Due: s.due, Attempt: 1}, Reason: events.ByHand, Documents: s.docs}
}

// run identifies it.
func (s *moving) run() events.Run {
	return events.Run{Connection: events.Ref{Name: s.name}, Due: s.due, Attempt: 1, Kind: events.Sync}
}

// post posts an event to the broker.
func post(t *testing.T, p events.Payload) {
	t.Helper()
	postTo(t, broker, p)
}

func postTo(t *testing.T, url string, p events.Payload) {
	t.Helper()
	e, err := events.New(events.Origin{Source: events.FromCLI}, p)
	if err != nil {
		t.Fatal(err)
	}
	client, err := cloudevents.NewClientHTTP(cloudevents.WithTarget(url))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if result := client.Send(ctx, e); !cloudevents.IsACK(result) {
		t.Fatalf("posting %s to %s: %v", e.Type(), url, result)
	}
}

// pods lists pods of a namespace by their labels.
func pods(t *testing.T, namespace, selector string) []corev1.Pod {
	t.Helper()
	list, err := kube.CoreV1().Pods(namespace).List(context.Background(), metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// ofFunction selects the pods of a function.
func ofFunction(name string) string { return "serving.knative.dev/service=knelt-" + name }

// atZero waits until no pod of functions is left.
func atZero(t *testing.T, functions ...string) {
	t.Helper()
	for _, f := range functions {
		eventually(t, "zero pods of "+f, 3*time.Minute, func() bool { return len(pods(t, system, ofFunction(f))) == 0 })
	}
}

// connectorPods lists the pods of a side of the sync ("source", "destination"),
// or of both ("").
func (s *moving) connectorPods(side string) []corev1.Pod {
	s.t.Helper()
	selector := "knelt.dev/connection=" + s.name
	if side != "" {
		selector += ",knelt.dev/side=" + side
	}
	return pods(s.t, connectors, selector)
}

// nothingLeft waits until no object of the sync is left.
func (s *moving) nothingLeft(within time.Duration) {
	s.t.Helper()
	eventually(s.t, "the end of all pods of "+s.name, within, func() bool { return len(s.connectorPods("")) == 0 })
	secrets, err := kube.CoreV1().Secrets(connectors).List(context.Background(), metav1.ListOptions{LabelSelector: "knelt.dev/connection=" + s.name})
	if err != nil || len(secrets.Items) > 0 {
		s.t.Errorf("%d secrets of the sync are left (%v)", len(secrets.Items), err)
	}
}

// explain shows what happened, for a test that failed.
func (s *moving) explain() {
	for _, e := range heard.of(s.name) {
		s.t.Logf("event %s %s", e.Type(), e.Data())
	}
	for _, p := range pods(s.t, system, ofFunction("sync")) {
		log, err := kube.CoreV1().Pods(system).GetLogs(p.Name, &corev1.PodLogOptions{Container: "sync", TailLines: lines(40)}).DoRaw(context.Background())
		s.t.Logf("the end of the log of %s (%v):\n%s", p.Name, err, log)
	}
	for _, p := range s.connectorPods("") {
		s.t.Logf("pod %s: %s", p.Name, text(p.Status))
	}
}

func lines(n int64) *int64 { return &n }

func nodeAddress() string { return os.Getenv("KNELT_NODE_ADDRESS") }
