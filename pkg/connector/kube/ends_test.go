//go:build linux

package kube_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/bridge/client"
	"knelt.dev/pkg/connector"
)

var write = connector.Invocation{Command: connector.Write, Config: []byte("{}"), Catalog: []byte("{}")}

// hanging starts a connector that waits.
func hanging(t *testing.T, k *kubelet, s shelf) connector.Run {
	t.Helper()
	run, err := newCluster(t, k).Start(t.Context(), s.probe("stubborn"), write)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(run.Stdout(), make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	return run
}

// TestWhatHappensToAPodEndsItsRunAtOnce rather than after a minute of dialing.
func TestWhatHappensToAPodEndsItsRunAtOnce(t *testing.T) {
	s := newShelf(t)
	for want, what := range map[string]func(*corev1.Pod){
		"evicted from its node": func(p *corev1.Pod) {
			p.DeletionTimestamp, p.Finalizers = new(metav1.Now()), []string{"test/holds"}
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "EvictionByEvictionAPI"}}
		},
		"exceeds the limit": func(p *corev1.Pod) {
			p.Status.Phase, p.Status.Reason, p.Status.Message = corev1.PodFailed, "Evicted", "Usage of EmptyDir volume exceeds the limit"
		},
		"its bridge ran out of memory": func(p *corev1.Pod) {
			p.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "bridge", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "OOMKilled"}}}}
		},
	} {
		k := newKubelet(t)
		run := hanging(t, k, s)
		began := time.Now()
		k.status(k.only().Name, what)
		_, err := drain(run)
		if !errors.Is(err, client.ErrPodLost) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("%s: after %s", want, took)
		}
	}
}

func TestAPodThatSomebodyDeletesEndsItsRunAtOnce(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	run := hanging(t, k, s)
	if err := k.client.CoreV1().Pods(namespace).Delete(t.Context(), k.only().Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := drain(run); !errors.Is(err, client.ErrPodLost) || !strings.Contains(err.Error(), "somebody deleted it") {
		t.Errorf("got %v", err)
	}
	k.mustBeEmpty()
}

// TestAContainerThatWasKilledForMemoryIsAnExit: the kubelet kills all of it, so
// that only Kubernetes can tell.
func TestAContainerThatWasKilledForMemoryIsAnExit(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	run := hanging(t, k, s)
	name := k.only().Name
	k.kill(name)
	k.status(name, ended("OOMKilled", 137))
	exit, err := drain(run)
	if err != nil || !exit.OOM || exit.Code != 137 || exit.Signal != "SIGKILL" || !strings.Contains(exit.Reason, "its limit is 2Gi") {
		t.Errorf("got %+v, %v", exit, err)
	}
	k.mustBeEmpty()
}

func TestAContainerThatWasKilledForAnotherReasonIsLost(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	run := hanging(t, k, s)
	name := k.only().Name
	k.kill(name)
	k.status(name, ended("Error", 137))
	if _, err := drain(run); !errors.Is(err, client.ErrPodLost) || !strings.Contains(err.Error(), "it is Error, code 137") {
		t.Errorf("got %v", err)
	}
}

func ended(reason string, code int32) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "connector", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: code}},
		}}
	}
}

// TestWhoEndedAConnectorIsTold: the kubelet's SIGTERM leaves it time for an exit
// of its own.
func TestWhoEndedAConnectorIsTold(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	run, err := newCluster(t, k).Start(t.Context(), s.probe("exit:143"), write)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(run.Stdin().Close(), discard(run.Stdout()), discard(run.Stderr())); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond) // the exit comes behind the outputs
	k.status(k.only().Name, func(p *corev1.Pod) { p.Status.Phase, p.Status.Reason = corev1.PodFailed, "NodeShutdown" })
	if exit, err := run.Wait(); err != nil || exit.Code != 143 || !strings.Contains(exit.Reason, "node shut down") {
		t.Errorf("got %+v, %v", exit, err)
	}
}

func discard(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

func TestAnEndThatNobodyCausedIsTheConnectorsOwn(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	run, err := newCluster(t, k).Start(t.Context(), s.probe("exit:143"), write)
	if err != nil {
		t.Fatal(err)
	}
	if exit := finish(t, run); exit != (connector.Exit{Code: 143}) {
		t.Errorf("got %+v", exit)
	}
}
