package manifests

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	sinks "knative.dev/eventing/pkg/apis/sinks/v1alpha1"
	serving "knative.dev/serving/pkg/apis/serving/v1"
)

const (
	system     = "knelt-system"
	connectors = "knelt-connectors"
)

// TestTheVariantOfRedisDiffersByItsVolumeAlone.
func TestTheVariantOfRedisDiffersByItsVolumeAlone(t *testing.T) {
	disk := named[*appsv1.StatefulSet](t, installation(t), system, "knelt-redis")
	none := named[*appsv1.StatefulSet](t, decode(t, "emptydir", []byte(render(t, "REDIS=emptydir"))), system, "knelt-redis")
	if len(disk.Spec.VolumeClaimTemplates) != 1 || disk.Spec.VolumeClaimTemplates[0].Name != "data" {
		t.Fatal("Redis has no volume")
	}
	volumes := none.Spec.Template.Spec.Volumes
	if volumes[0].Name != "data" || volumes[0].EmptyDir == nil {
		t.Fatalf("the variant's first volume is %v", volumes[0])
	}
	disk.Spec.VolumeClaimTemplates = nil
	none.Spec.Template.Spec.Volumes = volumes[1:]
	if diff := cmp.Diff(disk, none); diff != "" {
		t.Errorf("they differ (-disk +emptydir):\n%s", diff)
	}
}

func TestAnotherRedisIsRenderedWithoutOurs(t *testing.T) {
	if text := render(t, "REDIS=none"); strings.Contains(text, "knelt-redis") || strings.Contains(text, "kind: Secret") {
		t.Error("there is something of our Redis")
	}
	text := render(t, "REDIS_IMAGE=example.org/redis:7.2.1")
	redis := named[*appsv1.StatefulSet](t, decode(t, "image", []byte(text)), system, "knelt-redis")
	if got := redis.Spec.Template.Spec.Containers[0].Image; got != "example.org/redis:7.2.1" {
		t.Errorf("the image is %s", got)
	}
	cmd := exec.Command(root + "config/render.sh")
	cmd.Env = append(cmd.Environ(), "REDIS=disc")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "must be disk, emptydir or none") {
		t.Errorf("a mistake is not told: error %v, %s", err, out)
	}
}

// TestRedisKeepsItsPromises: docs/store.md has the reasons.
func TestRedisKeepsItsPromises(t *testing.T) {
	redis := named[*appsv1.StatefulSet](t, installation(t), system, "knelt-redis")
	args := strings.Join(redis.Spec.Template.Spec.Containers[0].Args, " ")
	for _, want := range []string{"--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction", "--aclfile /users/users.acl"} {
		if !strings.Contains(args, want) {
			t.Errorf("Redis runs without %s: %s", want, args)
		}
	}
}

// TestTheJobIsTheFunction: the same program, settings, rights and size.
func TestTheJobIsTheFunction(t *testing.T) {
	all := installation(t)
	function := named[*serving.Service](t, all, system, "knelt-sync")
	job := named[*sinks.JobSink](t, all, system, "knelt-sync-job").Spec.Job.Spec.Template.Spec
	f, j := container(function), job.Containers[0]
	if got, want := job.ServiceAccountName, function.Spec.Template.Spec.ServiceAccountName; got != want {
		t.Errorf("the account is %s, want %s", got, want)
	}
	fs, js := variables(f), variables(j)
	if js["KNELT_EVENT_FILE"].Value != "/etc/jobsink-event/event" {
		t.Errorf("the event's file is %q", js["KNELT_EVENT_FILE"].Value)
	}
	delete(fs, "KNELT_REQUEST_TIMEOUT")
	delete(js, "KNELT_EVENT_FILE")
	if diff := cmp.Diff(fs, js); diff != "" {
		t.Errorf("the settings differ (-function +job):\n%s", diff)
	}
	same := func(c corev1.Container) []any { return []any{c.Image, c.Resources, c.VolumeMounts} }
	if diff := cmp.Diff(same(f), same(j)); diff != "" {
		t.Errorf("the containers differ (-function +job):\n%s", diff)
	}
	if diff := cmp.Diff(function.Spec.Template.Spec.Volumes, job.Volumes); diff != "" {
		t.Errorf("the volumes differ (-function +job):\n%s", diff)
	}
}

// connector are the labels of a connector's pod.
var connector = labels.Set{"app.kubernetes.io/name": "knelt-connector", "app.kubernetes.io/managed-by": "knelt"}

// TestOnlyRelaysReachConnectors, and Redis is reached by them and by bridges.
func TestOnlyRelaysReachConnectors(t *testing.T) {
	all := installation(t)
	nobody := named[*networkingv1.NetworkPolicy](t, all, connectors, "knelt-nobody")
	if len(nobody.Spec.PodSelector.MatchLabels) > 0 || len(nobody.Spec.Ingress) > 0 {
		t.Error("pods of connectors' namespace can be reached")
	}
	bridge := named[*networkingv1.NetworkPolicy](t, all, connectors, "knelt-connector")
	redis := named[*networkingv1.NetworkPolicy](t, all, system, "knelt-redis")
	if !matches(t, bridge.Spec.PodSelector, connector) {
		t.Error("the policy does not select connectors' pods")
	}
	for _, p := range pods(all) {
		dials := variables(p.spec.Containers[0])["KNELT_BRIDGE_IMAGE"].Value != ""
		if matches(t, *bridge.Spec.Ingress[0].From[0].PodSelector, p.meta.Labels) != dials {
			t.Errorf("%s: reaches connectors: %v, want %v", p.name, !dials, dials)
		}
		if matches(t, *redis.Spec.Ingress[0].From[0].PodSelector, p.meta.Labels) != dials {
			t.Errorf("%s: reaches Redis: %v, want %v", p.name, !dials, dials)
		}
	}
	if !matches(t, *redis.Spec.Ingress[0].From[1].PodSelector, connector) {
		t.Error("bridges do not reach Redis")
	}
	planner := named[*serving.Service](t, all, system, "knelt-scheduler").Spec.Template.Labels
	if !matches(t, *redis.Spec.Ingress[0].From[2].PodSelector, planner) {
		t.Error("the scheduler does not reach Redis")
	}
}

func matches(t *testing.T, selector metav1.LabelSelector, set labels.Set) bool {
	t.Helper()
	s, err := metav1.LabelSelectorAsSelector(&selector)
	if err != nil {
		t.Fatal(err)
	}
	return s.Matches(set)
}
