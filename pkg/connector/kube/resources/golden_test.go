package resources_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"knelt.dev/pkg/connector"
	. "knelt.dev/pkg/connector/kube/resources"
)

var update = flag.Bool("update", false, "write what the tests got into testdata")

// golden compares an object, as YAML, with a file.
func golden(t *testing.T, name string, object any) {
	t.Helper()
	got, err := yaml.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".yaml")
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

func settings() Settings {
	s := DefaultSettings()
	s.Namespace, s.Bridge, s.Store = "knelt", "registry.example/knelt/bridge@sha256:b0", SecretKey{Name: "knelt-bridge-store", Key: "address"}
	return s
}

func seat(c connector.Command) *connector.Seat {
	return &connector.Seat{Connection: "shop-to-lake", Sync: 12, Attempt: 3, Command: c, Epoch: 41}
}

func source() Wanted {
	s := seat(connector.Read)
	return Wanted{
		Name: SeatName(*s), Seat: s, Command: connector.Read,
		Connector: connector.Connector{Image: "airbyte/source-shop:1.2", Env: map[string]string{"TOKEN": "hunter2"}},
		Image:     "index.docker.io/airbyte/source-shop@sha256:50", Words: []string{"/airbyte/base.sh"}, EntrypointEnv: true,
		User: NewUser(connector.Pod{}, "airbyte"),
	}
}

func pod(t *testing.T, s Settings, w Wanted) *corev1.Pod {
	t.Helper()
	p, err := Pod(s, w)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPodOfASource(t *testing.T) { golden(t, "source", pod(t, settings(), source())) }

// TestPodOfADestinationThatSaysAllThereIsToSay in a cluster that mounts no images.
func TestPodOfADestinationThatSaysAllThereIsToSay(t *testing.T) {
	s := settings()
	s.Copied, s.PullSecrets, s.ServiceAccount, s.LeaseTTL, s.LeaseAbsence = true, []string{"everyone", "own"}, "knelt-connector", 20*time.Second, 5*time.Second
	w := source()
	w.Seat, w.Command = seat(connector.Write), connector.Write
	w.Name = SeatName(*w.Seat)
	w.Words, w.EntrypointEnv, w.User = []string{"/usr/bin/write", "--at=$(NODE)", "$$x"}, false, NewUser(connector.Pod{}, "1001:1002")
	w.Connector.Pod = connector.Pod{
		Resources: connector.Resources{
			Requests: map[string]connector.Quantity{"cpu": "2", "memory": "4Gi", "ephemeral-storage": "1Gi"},
			Limits:   map[string]connector.Quantity{"cpu": "4"},
		},
		NodeSelector:      map[string]string{"disk": "fast"},
		Tolerations:       []connector.Toleration{{Key: "data", Operator: "Exists", Effect: "NoExecute", Seconds: new(0)}},
		Affinity:          []byte(`{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"zone","operator":"In","values":["a"]}]}]}}}`),
		PriorityClassName: "low", RuntimeClassName: "gvisor", ImagePullPolicy: "Always",
		ImagePullSecrets: []connector.SecretRef{{Name: "own"}}, WritableRoot: true, TmpSize: "20Gi",
		PodLabels: map[string]string{"team": "data"}, PodAnnotations: map[string]string{"example.org/why": "because"},
	}
	golden(t, "destination", pod(t, s, w))
}

func TestPodOfACheck(t *testing.T) {
	w := source()
	w.Name, w.Seat, w.Command, w.User = AloneName(connector.Check, "x2b7"), nil, connector.Check, NewUser(connector.Pod{RunAsRoot: true}, "")
	golden(t, "check", pod(t, settings(), w))
}

func TestSecretOfASeat(t *testing.T) { golden(t, "secret", Secret(settings(), source(), "00ff")) }

func TestNetworkPolicyLetsOnlyRelaysIn(t *testing.T) {
	golden(t, "networkpolicy", NetworkPolicy("knelt", "knelt-system"))
}

// TestNoSecretIsInAPod: neither config nor environment, which goes to the bridge
// over the relay's connection.
func TestNoSecretIsInAPod(t *testing.T) {
	text, err := yaml.Marshal(pod(t, settings(), source()))
	if err != nil || strings.Contains(string(text), "hunter2") || strings.Contains(string(text), "TOKEN") {
		t.Errorf("the environment is in the pod: %v\n%s", err, text)
	}
}

func TestMistakesThatOnlyKubernetesTypesTell(t *testing.T) {
	for want, p := range map[string]connector.Pod{
		"nodeAfinity":            {Affinity: []byte(`{"nodeAfinity":{}}`)},
		"resources.limits.cpu":   {Resources: connector.Resources{Limits: map[string]connector.Quantity{"cpu": "much"}}},
		"resources.requests.cpu": {Resources: connector.Resources{Requests: map[string]connector.Quantity{"cpu": "much"}}},
	} {
		w := source()
		w.Connector.Pod = p
		if _, err := Pod(settings(), w); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}
