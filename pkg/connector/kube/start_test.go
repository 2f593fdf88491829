//go:build linux

package kube_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/connectortest"
	"knelt.dev/pkg/connector/kube"
)

var spec = connector.Invocation{Command: connector.Spec}

// sickPod makes a cluster whose pods never run, for a reason told after they were
// made.
func sickPod(t *testing.T, why func(*corev1.Pod), change ...func(*kube.Config)) error {
	t.Helper()
	k, s := newKubelet(t), newShelf(t)
	k.sick = func(p *corev1.Pod) bool {
		name := p.Name
		time.AfterFunc(50*time.Millisecond, func() { k.status(name, why) })
		return true
	}
	_, err := newCluster(t, k, change...).Start(t.Context(), s.image("probe:1"), spec)
	if err == nil {
		t.Fatal("it runs")
	}
	k.mustBeEmpty()
	return err
}

func waitingFor(reason, message string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "connector", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}}}
	}
}

func TestAnImageThatCannotBePulledIsToldAtOnce(t *testing.T) {
	began := time.Now()
	err := sickPod(t, waitingFor("ErrImagePull", "manifest unknown"), func(c *kube.Config) { c.PullPatience = time.Hour })
	var start *connector.StartError
	if !errors.As(err, &start) || !strings.Contains(start.Problem, "manifest unknown") || start.Fix == "" {
		t.Errorf("got %v", err)
	}
	if time.Since(began) > 20*time.Second {
		t.Errorf("after %s", time.Since(began))
	}
}

func TestAPullThatMayYetSucceedGetsItsTime(t *testing.T) {
	began := time.Now()
	err := sickPod(t, waitingFor("ImagePullBackOff", "i/o timeout"), func(c *kube.Config) { c.PullPatience = 500 * time.Millisecond })
	var pod *kube.PodError
	if !errors.As(err, &pod) || errors.As(err, new(*connector.StartError)) || time.Since(began) < 500*time.Millisecond {
		t.Errorf("got %v after %s", err, time.Since(began))
	}
}

func TestAPodForWhichThereIsNoRoomGetsItsTime(t *testing.T) {
	full := func(p *corev1.Pod) {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "Insufficient cpu"}}
	}
	err := sickPod(t, full, func(c *kube.Config) { c.SchedulePatience = 300 * time.Millisecond })
	var pod *kube.PodError
	if !errors.As(err, &pod) || !strings.Contains(pod.Problem, "Insufficient cpu") {
		t.Errorf("got %v", err)
	}
}

func TestAPodThatIsDeletedBeforeItRunsIsTold(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	k.sick = func(p *corev1.Pod) bool {
		go k.deleteOnceWatched(p.Name)
		return true
	}
	_, err := newCluster(t, k).Start(t.Context(), s.image("probe:1"), spec)
	if err == nil || !strings.Contains(err.Error(), "somebody deleted it") {
		t.Errorf("got %v", err)
	}
	k.mustBeEmpty()
}

// deleteOnceWatched deletes a pod once somebody watches: the fake API server has
// no past for those who come later.
func (k *kubelet) deleteOnceWatched(pod string) {
	for range 1000 {
		for _, a := range k.client.Actions() {
			if a.GetVerb() == "watch" {
				time.Sleep(50 * time.Millisecond)
				_ = k.client.Tracker().Delete(podKind, namespace, pod) // an error fails the test
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestAPodThatSaysNothingIsGivenUp with what Kubernetes warns of.
func TestAPodThatSaysNothingIsGivenUp(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	k.sick = func(p *corev1.Pod) bool {
		event := &corev1.Event{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "e"}, Type: corev1.EventTypeWarning, Reason: "FailedMount",
			Message: `secret "knelt-bridge-store" not found`, InvolvedObject: corev1.ObjectReference{UID: p.UID},
		}
		if err := k.client.Tracker().Add(event); err != nil {
			t.Error(err)
		}
		return true
	}
	_, err := newCluster(t, k, func(c *kube.Config) { c.StartTimeout = 300 * time.Millisecond }).Start(t.Context(), s.image("probe:1"), spec)
	if err == nil || !strings.Contains(err.Error(), "within 300ms") || !strings.Contains(err.Error(), "FailedMount") {
		t.Errorf("got %v", err)
	}
	k.mustBeEmpty()
}

func TestTheEndOfAStartsContextIsItsError(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	k.sick = func(*corev1.Pod) bool { return true }
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := newCluster(t, k).Start(ctx, s.image("probe:1"), spec); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	k.mustBeEmpty()
}

func TestAPodThatIsRefusedLeavesNothing(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	k.admit = func(p *corev1.Pod) error {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, p.Name, errors.New("exceeded quota: small"))
	}
	_, err := newCluster(t, k).Start(t.Context(), s.image("probe:1"), spec)
	var pod *kube.PodError
	if !errors.As(err, &pod) || !strings.Contains(pod.Problem, "quota") {
		t.Errorf("got %v", err)
	}
	k.mustBeEmpty()
}

// TestWhereImagesCannotBeMountedTheBridgeIsCopied, whatever the version says.
func TestWhereImagesCannotBeMountedTheBridgeIsCopied(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	refusals := 0
	k.admit = func(p *corev1.Pod) error {
		for _, v := range p.Spec.Volumes {
			if v.Image != nil {
				refusals++
				return apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, p.Name, field.ErrorList{
					field.Required(field.NewPath("spec", "volumes").Index(1), "must specify a volume type"),
				})
			}
		}
		return nil
	}
	c := newCluster(t, k)
	for range 2 {
		run, err := c.Start(t.Context(), s.probe("exit:0"), spec)
		if err != nil {
			t.Fatal(err)
		}
		finish(t, run)
	}
	if refusals != 1 {
		t.Errorf("it was refused %d times", refusals)
	}
	if _, err := newCluster(t, k, func(c *kube.Config) { c.Delivery = kube.ByImage }).Start(t.Context(), s.probe("exit:0"), spec); !errors.As(err, new(*connector.StartError)) {
		t.Errorf("got %v", err)
	}
}

// finish reads a run to its end.
func finish(t *testing.T, run connector.Run) connector.Exit {
	t.Helper()
	exit, err := drain(run)
	if err != nil {
		t.Fatal(err)
	}
	return exit
}

func drain(run connector.Run) (connector.Exit, error) {
	closed := run.Stdin().Close()
	logged := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, run.Stderr())
		logged <- err
	}()
	_, err := io.Copy(io.Discard, run.Stdout())
	err = errors.Join(closed, err, <-logged)
	exit, waited := run.Wait()
	return exit, errors.Join(waited, err)
}

func TestImagesThatCannotBeRunAreToldBeforeAPodIsMade(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	uid := 7
	for want, c := range map[string]connector.Connector{
		"no image":          {Command: []string{"./source"}},
		"there is no image": s.image("probe:2"),
		"names no image":    {Image: "Probe One"},
		`its CMD, which arguments replace, is ["python" "main.py"]`: s.image("bare:1"),
		`the pull secret "absent"`:                                  {Image: s.host + "/probe:1", Pod: connector.Pod{ImagePullSecrets: []connector.SecretRef{{Name: "absent"}}}},
		"nodeAfinity":                                               {Image: s.host + "/probe:1", Command: []string{"x"}, Pod: connector.Pod{RunAsUser: &uid, Affinity: []byte(`{"nodeAfinity":{}}`)}},
	} {
		_, err := newCluster(t, k).Start(t.Context(), c, spec)
		var start *connector.StartError
		if !errors.As(err, &start) || start.Fix == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
	if len(k.made) > 0 {
		t.Errorf("%d objects were made", len(k.made))
	}
}

// TestNoRegistryIsAskedWhereAllIsSaid: a cluster may have its images from
// elsewhere.
func TestNoRegistryIsAskedWhereAllIsSaid(t *testing.T) {
	k, uid := newKubelet(t), 7
	k.sick = func(*corev1.Pod) bool { return true }
	c := connector.Connector{Image: "127.0.0.1:1/source:1", Command: []string{"/source"}, Pod: connector.Pod{RunAsUser: &uid}}
	if _, err := newCluster(t, k, func(c *kube.Config) { c.StartTimeout = 200 * time.Millisecond }).Start(t.Context(), c, spec); err == nil || !strings.Contains(err.Error(), "within") {
		t.Errorf("got %v", err)
	}
	if text := strings.Join(k.made, ""); !strings.Contains(text, "127.0.0.1:1/source:1") {
		t.Errorf("no pod of the image was made")
	}
}

// TestNoSecretIsInAnyObject: neither config nor environment.
func TestNoSecretIsInAnyObject(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	c := s.probe("report")
	c.Env["TOKEN"] = "hunter2"
	run, err := newCluster(t, k).Start(t.Context(), c, connector.Invocation{Command: connector.Check, Config: []byte(`{"password":"s3cret"}`)})
	if err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(run.Stdout())
	if err != nil || !strings.Contains(string(said), "hunter2") || !strings.Contains(string(said), "s3cret") {
		t.Errorf("the connector does not know its secrets: %q, %v", said, err)
	}
	finish(t, run)
	for _, text := range k.made {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "s3cret") || strings.Contains(text, connectortest.ModeVariable) {
			t.Errorf("a secret is in %s", text)
		}
	}
	if len(k.made) != 2 {
		t.Errorf("%d objects were made, want a pod and a Secret", len(k.made))
	}
}

func TestAnEnvironmentThatIsTooLargeIsTold(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	c := s.probe("exit:0")
	c.Env["BIG"] = strings.Repeat("hunter2", 10_000)
	if _, err := newCluster(t, k).Start(t.Context(), c, spec); err == nil || !strings.Contains(err.Error(), "environment") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %.200s", fmt.Sprint(err))
	}
	k.mustBeEmpty()
}
