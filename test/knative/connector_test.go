package knative

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/events"
)

// losses are ways to lose a connector's pod.
var losses = map[string]func(t *testing.T, p corev1.Pod){
	"killed":  func(t *testing.T, p corev1.Pod) { kill(t, "source-faker", []corev1.Pod{p}) },
	"evicted": evict,
	"deleted": func(t *testing.T, p corev1.Pod) {
		if err := kube.CoreV1().Pods(connectors).Delete(t.Context(), p.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64)}); err != nil {
			t.Fatal(err)
		}
	},
}

// TestASyncGoesOnFromItsCheckpointWhenAConnectorIsLost: a second attempt repeats
// no row that is behind a checkpoint, and loses none.
func TestASyncGoesOnFromItsCheckpointWhenAConnectorIsLost(t *testing.T) {
	const users = 1000
	for name, lose := range losses {
		t.Run(name, func(t *testing.T) {
			f := faker{Users: users, Rate: 3 * users / 12.0}
			s := newSyncOf(t, recipe{config: f.config(), spec: "retries: {max: 1, backoff: 100ms}"})
			post(t, s.request())
			s.running()
			lose(t, s.connectorPods("source")[0])
			r := heard.result(t, s.run(), 2*time.Minute)
			if r.Outcome != events.Succeeded || r.Attempts != 2 {
				t.Errorf("the sync ended %s %q after %d attempts", r.Outcome, r.Reasons, r.Attempts)
			}
			s.exact(users)
			s.nothingLeft(30 * time.Second)
		})
	}
}

// TestAConnectorThatCannotRunIsToldInWords: what is wrong, with which end, and
// what to change.
func TestAConnectorThatCannotRunIsToldInWords(t *testing.T) {
	small := "resources: {requests: {memory: 32Mi}, limits: {memory: 64Mi}}"
	for name, c := range map[string]struct {
		recipe recipe
		say    []string
	}{
		"it eats memory":     {recipe{image: "eater", config: "{}", options: small}, []string{"memory", "64Mi"}},
		"no such image":      {recipe{image: strings.Split(images["source-faker"], "@")[0] + ":none", config: "{}"}, []string{"there is no image", ":none"}},
		"no such program":    {recipe{config: "{}", options: "command: [/no/such/program]"}, []string{"/no/such/program"}},
		"as root":            {recipe{config: "{}", options: "runAsRoot: true"}, []string{"Pod Security", "runAsRoot"}},
		"a wrong config":     {recipe{config: "{count: many}"}, []string{"config.count"}},
		"no such secret":     {recipe{config: `{api_key: "${secret:tests/gone}"}`}, []string{"tests", "gone"}},
		"a secret elsewhere": {recipe{config: `{api_key: "${secret:knelt-store/url}"}`}, []string{"knelt-store"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSyncOf(t, c.recipe)
			post(t, s.request())
			r := heard.result(t, s.run(), 2*time.Minute)
			told := strings.Join(r.Reasons, "; ")
			if r.Outcome != events.Failed || r.Failure == nil {
				t.Errorf("the sync ended %s: %q, %+v", r.Outcome, told, r.Failure)
			}
			for _, words := range c.say {
				if !strings.Contains(told, words) {
					t.Errorf("%q does not say %q", told, words)
				}
			}
			s.nothingLeft(30 * time.Second)
		})
	}
}

// TestPodsOfConnectorsMustBeRestricted: the namespace refuses any other.
func TestPodsOfConnectorsMustBeRestricted(t *testing.T) {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "loose-"},
		Spec:       corev1.PodSpec{HostNetwork: true, Containers: []corev1.Container{{Name: "c", Image: images["source-faker"]}}},
	}
	if _, err := kube.CoreV1().Pods(connectors).Create(t.Context(), p, metav1.CreateOptions{}); err == nil || !strings.Contains(err.Error(), `violates PodSecurity "restricted`) {
		t.Errorf("got %v", err)
	}
}
