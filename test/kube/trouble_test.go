//go:build linux

package kube

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/bridge/client"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/connectortest"
	"knelt.dev/pkg/connector/kube"
	"knelt.dev/pkg/connector/kube/resources"
)

var write = connector.Invocation{Command: connector.Write, Config: []byte("{}"), Catalog: []byte("{}")}

// mode is the probe in a mode.
func mode(text string) connector.Connector {
	c := probe()
	c.Env = map[string]string{connectortest.ModeVariable: text}
	return c
}

func start(t *testing.T, c *kube.Cluster, what connector.Connector) connector.Run {
	t.Helper()
	run, err := c.Start(t.Context(), what, write)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func ready(t *testing.T, run connector.Run) {
	t.Helper()
	if _, err := io.ReadFull(run.Stdout(), make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
}

// drain reads a run to its end.
func drain(run connector.Run) (connector.Exit, error) {
	logged := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, run.Stderr())
		logged <- err
	}()
	_, err := io.Copy(io.Discard, run.Stdout())
	err = errors.Join(err, <-logged)
	exit, waited := run.Wait()
	return exit, errors.Join(waited, err)
}

func TestWantOfMemoryIsToldWithItsLimit(t *testing.T) {
	ns := namespace(t, "restricted")
	what := mode("eat:300")
	what.Pod.Resources = connector.Resources{
		Requests: map[string]connector.Quantity{"memory": "32Mi"}, Limits: map[string]connector.Quantity{"memory": "64Mi"},
	}
	exit, err := drain(start(t, cluster(t, ns), what))
	if err != nil || !exit.OOM || exit.Code != 137 || !strings.Contains(exit.Reason, "64Mi") {
		t.Errorf("got %+v, %v", exit, err)
	}
	nothingIsLeft(t, ns)
}

func TestADeletedPodEndsItsRunAtOnce(t *testing.T) {
	ns := namespace(t, "restricted")
	run := start(t, cluster(t, ns), mode("stubborn"))
	ready(t, run)
	pods, err := world.client.CoreV1().Pods(ns).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(pods.Items) != 1 {
		t.Fatalf("%d pods, %v", len(pods.Items), err)
	}
	began := time.Now()
	if err := world.client.CoreV1().Pods(ns).Delete(t.Context(), pods.Items[0].Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err = drain(run); !errors.Is(err, client.ErrPodLost) || !strings.Contains(err.Error(), "somebody deleted it") {
		t.Errorf("got %v", err)
	}
	t.Logf("the run ended %s after the deletion", time.Since(began).Round(time.Millisecond))
	nothingIsLeft(t, ns)
}

func TestAFullTmpEndsTheRunWithItsReason(t *testing.T) {
	what := mode("fill:40")
	what.Pod.TmpSize = "10Mi"
	run := start(t, cluster(t, namespace(t, "restricted")), what)
	exit, err := drain(run)
	told := exit.Reason // it may have time to end by the kubelet's SIGTERM
	if err != nil && errors.Is(err, client.ErrPodLost) {
		told = err.Error()
	}
	if !strings.Contains(told, "evicted") || !strings.Contains(told, "tmp") || !strings.Contains(told, "10Mi") {
		t.Errorf("got %+v, %v", exit, err)
	}
}

// TestWhatKeepsAPodFromRunningIsTold by the cluster's own words.
func TestWhatKeepsAPodFromRunningIsTold(t *testing.T) {
	ns := namespace(t, "restricted")
	root, nowhere, greedy, rare := mode("exit:0"), mode("exit:0"), mode("exit:0"), mode("exit:0")
	root.Pod.RunAsRoot = true
	nowhere.Pod.NodeSelector = map[string]string{"moon": "dark"}
	greedy.Pod.Resources.Requests = map[string]connector.Quantity{"memory": "4Ti"}
	rare.Pod.PriorityClassName = "royal"
	absent := mode("exit:0")
	absent.Image = strings.Split(absent.Image, "@")[0] + ":none"
	impatient := func(c *kube.Config) { c.SchedulePatience = 2 * time.Second }
	for name, one := range map[string]struct {
		what connector.Connector
		mend bool
		say  []string
	}{
		"root":     {root, true, []string{"Pod Security", "runAsNonRoot", "runAsRoot"}},
		"no node":  {nowhere, false, []string{"no node has room", "affinity/selector"}},
		"too much": {greedy, false, []string{"no node has room"}},
		"priority": {rare, true, []string{"priorityClassName", "royal"}},
		"no image": {absent, true, []string{"there is no image"}},
	} {
		_, err := cluster(t, ns, impatient).Start(t.Context(), one.what, write)
		var mend *connector.StartError
		if err == nil || errors.As(err, &mend) != one.mend {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		for _, word := range one.say {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not say %q", name, err, word)
			}
		}
	}
	nothingIsLeft(t, ns)
}

func TestAQuotaIsTold(t *testing.T) {
	ns := namespace(t, "restricted")
	quota := &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "small"}, Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{corev1.ResourcePods: resource.MustParse("0")}},
	}
	if _, err := world.client.CoreV1().ResourceQuotas(ns).Create(t.Context(), quota, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // its controller counts what is there first
	_, err := cluster(t, ns).Start(t.Context(), mode("exit:0"), write)
	var pod *kube.PodError
	if !errors.As(err, &pod) || !strings.Contains(pod.Problem, "quota") {
		t.Errorf("got %v", err)
	}
	nothingIsLeft(t, ns)
}

// TestAPodWhoseStoreIsUnknownSaysSo: the Secret with its address is missing.
func TestAPodWhoseStoreIsUnknownSaysSo(t *testing.T) {
	ns := namespace(t, "restricted")
	c := cluster(t, ns, func(c *kube.Config) { c.StartTimeout = 8 * time.Second })
	_, err := c.Pods().StartAt(t.Context(), connector.Seat{Connection: "shop", Sync: 1, Attempt: 1, Command: connector.Write, Epoch: 1}, mode("echo"), write)
	if err == nil || !strings.Contains(err.Error(), "knelt-bridge-store") {
		t.Errorf("got %v", err)
	}
	nothingIsLeft(t, ns)
}

func TestRootIsAllowedWhereTheNamespaceAllowsIt(t *testing.T) {
	what := mode("exit:3")
	what.Pod.RunAsRoot = true
	if exit, err := drain(start(t, cluster(t, namespace(t, "baseline")), what)); err != nil || exit.Code != 3 {
		t.Errorf("got %+v, %v", exit, err)
	}
}

// TestACheckEndsWithItsRelay: nobody else would want its answer.
func TestACheckEndsWithItsRelay(t *testing.T) {
	ns := namespace(t, "restricted")
	run := start(t, cluster(t, ns), mode("stubborn"))
	ready(t, run)
	leaving, ok := run.(interface{ Detach(context.Context) error })
	if !ok {
		t.Fatalf("a %T cannot be left", run)
	}
	if err := leaving.Detach(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "the pod's end", func() bool { return ended(t, ns) == 1 })
	removed, err := cluster(t, ns).Sweep(t.Context(), 0, func(context.Context, string, int64) (bool, error) { return true, nil })
	if err != nil || len(removed) == 0 {
		t.Errorf("swept %v, %v", removed, err)
	}
	until(t, 30*time.Second, "the sweep", func() bool {
		pods, err := world.client.CoreV1().Pods(ns).List(t.Context(), metav1.ListOptions{LabelSelector: resources.Selector()})
		return err == nil && len(pods.Items) == 0
	})
}

// ended counts the pods of which nothing runs.
func ended(t *testing.T, ns string) int {
	t.Helper()
	pods, err := world.client.CoreV1().Pods(ns).List(t.Context(), metav1.ListOptions{LabelSelector: resources.Selector()})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range pods.Items {
		if p.Status.Phase == corev1.PodFailed || p.Status.Phase == corev1.PodSucceeded {
			n++
		}
	}
	return n
}

func until(t *testing.T, within time.Duration, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not come within %s", what, within)
		}
	}
}
