//go:build linux

package kube_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/bridge/client"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/kube/resources"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/replication"
)

// TestPodsAreTheEngines: nobody below may import the engine, so this is where it
// is held.
func TestPodsAreTheEngines(t *testing.T) {
	var _ engine.Pods = newCluster(t, newKubelet(t)).Pods()
}

func seat(c connector.Command, epoch int64) connector.Seat {
	return connector.Seat{Connection: "shop $(to) lake", Sync: 7, Attempt: 2, Command: c, Epoch: epoch}
}

// destination starts the half of a sync that echoes.
func destination(t *testing.T, k *kubelet, s shelf, epoch int64) replication.Attached {
	t.Helper()
	run, err := newCluster(t, k).Pods().StartAt(t.Context(), seat(connector.Write, epoch), s.probe("echo"), write)
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, run.Stderr()) //nolint:errcheck // it ends with the run
	return run
}

func say(t *testing.T, run replication.Attached, text string) {
	t.Helper()
	if _, err := run.Stdin().Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// hear reads a line, which is all there is.
func hear(t *testing.T, run replication.Attached) string {
	t.Helper()
	line, err := bufio.NewReaderSize(run.Stdout(), 64).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func detach(t *testing.T, run replication.Attached) {
	t.Helper()
	if err := run.Detach(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func attach(k *kubelet, t *testing.T, s connector.Seat) (replication.Attached, error) {
	return newCluster(t, k).Pods().Attach(t.Context(), s)
}

// TestASuccessorGoesOnWithTheSameConnector, of which it knows the seat alone.
func TestASuccessorGoesOnWithTheSameConnector(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	first := destination(t, k, s, 1)
	if first.Resume() != nil {
		t.Errorf("a seat that was just started resumes %+v", first.Resume())
	}
	say(t, first, "one\n")
	if got := hear(t, first); got != "one\n" {
		t.Errorf("got %q", got)
	}
	detach(t, first)

	second, err := attach(k, t, seat(connector.Write, 2))
	if err != nil {
		t.Fatal(err)
	}
	resume := second.Resume()
	if resume == nil || resume.Accepted != 4 || resume.Produced != 4 || resume.Ended {
		t.Fatalf("it resumes %+v", resume)
	}
	go io.Copy(io.Discard, second.Stderr()) //nolint:errcheck // it ends with the run
	say(t, second, "one\n")                 // what was accepted is said again, and swallowed
	say(t, second, "two\n")
	if err := second.Stdin().Close(); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(second.Stdout())
	if err != nil || string(said) != "one\ntwo\n" {
		t.Errorf("got %q, %v", said, err)
	}
	if exit, err := second.Wait(); err != nil || exit.Code != 0 {
		t.Errorf("got %+v, %v", exit, err)
	}
	if pods, secrets := k.left(); pods != 1 || secrets != 1 {
		t.Errorf("before all is settled there are %d pods and %d Secrets", pods, secrets)
	}
	if err := second.Done(t.Context()); err != nil {
		t.Error(err)
	}
	k.mustBeEmpty()
}

func TestAPredecessorIsCutOff(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	first := destination(t, k, s, 1)
	second, err := attach(k, t, seat(connector.Write, 2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(first.Stdout()); !first.Superseded(err) {
		t.Errorf("the predecessor reads %v", err)
	}
	if _, err := attach(k, t, seat(connector.Write, 1)); !errors.Is(err, client.ErrSuperseded) || errors.Is(err, connector.ErrNoPod) {
		t.Errorf("an older one attaches: %v", err)
	}
	detach(t, second)
}

func TestThereMayBeNothingToGoOnWith(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	none := func(want string) {
		t.Helper()
		if _, err := attach(k, t, seat(connector.Write, 2)); !errors.Is(err, connector.ErrNoPod) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
	none("does not exist")
	run := destination(t, k, s, 1)
	detach(t, run)
	name := k.only().Name
	k.status(name, func(p *corev1.Pod) { p.Status.Phase, p.Status.Reason = corev1.PodFailed, "Evicted" })
	none("is over (its node evicted it")
	k.status(name, func(p *corev1.Pod) { p.Status.Phase, p.Status.Reason, p.Status.PodIP = corev1.PodPending, "", "" })
	none("never got an address")
	k.status(name, func(p *corev1.Pod) { p.Annotations[resources.LabelConnection] = "another" })
	none("another connection")
}

func TestAPodWithoutItsSecretIsNothingToGoOnWith(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	detach(t, destination(t, k, s, 1))
	if err := k.client.CoreV1().Secrets(namespace).Delete(t.Context(), k.only().Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := attach(k, t, seat(connector.Write, 2)); !errors.Is(err, connector.ErrNoPod) {
		t.Errorf("got %v", err)
	}
}

// TestAConnectorThatWasNeverStartedIsNothingToGoOnWith: its engine died before
// START.
func TestAConnectorThatWasNeverStartedIsNothingToGoOnWith(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	// A relay whose START is too large stops right before it.
	c := s.probe("echo")
	c.Env["BIG"] = strings.Repeat("x", 70_000)
	k.client.PrependReactor("delete", "*", refuse)
	if _, err := newCluster(t, k).Pods().StartAt(t.Context(), seat(connector.Write, 1), c, write); err == nil {
		t.Fatal("it was started")
	}
	if _, err := attach(k, t, seat(connector.Write, 2)); !errors.Is(err, connector.ErrNoPod) || !strings.Contains(err.Error(), "never started") {
		t.Errorf("got %v", err)
	}
}

// TestWhatAFailedStartLeftMakesRoom for the next start on the seat, and nothing
// of a newer engine does.
func TestWhatAFailedStartLeftMakesRoom(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	first := destination(t, k, s, 4)
	old := k.only().UID
	if _, err := newCluster(t, k).Pods().StartAt(t.Context(), seat(connector.Write, 3), s.probe("echo"), write); !errors.Is(err, client.ErrSuperseded) {
		t.Errorf("an older engine starts: %v", err)
	}
	if k.only().UID != old {
		t.Error("an older engine replaced the pod")
	}
	second := destination(t, k, s, 5)
	if k.only().UID == old || second.Resume() != nil {
		t.Error("the pod was not replaced")
	}
	if _, err := io.ReadAll(first.Stdout()); !first.Lost(err) {
		t.Errorf("the first reads %v", err)
	}
	detach(t, second)
}

// TestAZombieRemovesNothingOfItsSuccessors, which has the same names.
func TestAZombieRemovesNothingOfItsSuccessors(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	first := destination(t, k, s, 1)
	second := destination(t, k, s, 2)
	uid := k.only().UID
	if err := first.Done(t.Context()); err == nil {
		t.Error("a bridge that is gone heard that all is settled")
	}
	if pods, secrets := k.left(); pods != 1 || secrets != 1 || k.only().UID != uid {
		t.Errorf("%d pods and %d Secrets are left", pods, secrets)
	}
	detach(t, second)
	third, err := attach(k, t, seat(connector.Write, 3))
	if err != nil {
		t.Fatal(err)
	}
	detach(t, third)
}

// TestAPodThatIsStillEndingMakesRoom: its Secret has gone already.
func TestAPodThatIsStillEndingMakesRoom(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	first := destination(t, k, s, 1)
	detach(t, first)
	old := k.only()
	if err := k.client.CoreV1().Secrets(namespace).Delete(t.Context(), old.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	second := destination(t, k, s, 1)
	if k.only().UID == old.UID {
		t.Error("the pod was not replaced")
	}
	detach(t, second)
}

func TestRemoveTakesAllOfASyncAndNothingElse(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	c := newCluster(t, k)
	for _, one := range []connector.Seat{
		seat(connector.Read, 1), seat(connector.Write, 1),
		{Connection: "shop $(to) lake", Sync: 7, Attempt: 3, Command: connector.Write, Epoch: 1},
		{Connection: "shop $(to) lake", Sync: 8, Attempt: 1, Command: connector.Write, Epoch: 1},
		{Connection: "another", Sync: 7, Attempt: 2, Command: connector.Write, Epoch: 1},
	} {
		run, err := c.Pods().StartAt(t.Context(), one, s.probe("echo"), connector.Invocation{Command: one.Command, Config: []byte("{}")})
		if err != nil {
			t.Fatal(err)
		}
		detach(t, run)
	}
	for range 2 { // what is gone already is no error
		if err := c.Pods().Remove(t.Context(), "shop $(to) lake", 7); err != nil {
			t.Fatal(err)
		}
		if pods, secrets := k.left(); pods != 2 || secrets != 2 {
			t.Errorf("%d pods and %d Secrets are left of two", pods, secrets)
		}
	}
}

// TestRemoveWaitsUntilNothingRuns: a pod may take its time to end.
func TestRemoveWaitsUntilNothingRuns(t *testing.T) {
	k, s := newKubelet(t), newShelf(t)
	detach(t, destination(t, k, s, 1))
	name := k.only().Name
	k.client.PrependReactor("delete", "pods", linger)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := newCluster(t, k).Pods().Remove(ctx, "shop $(to) lake", 7)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), name) {
		t.Errorf("got %v", err)
	}
	time.AfterFunc(200*time.Millisecond, func() { _ = k.client.Tracker().Delete(podKind, namespace, name) })
	if err := newCluster(t, k).Pods().Remove(t.Context(), "shop $(to) lake", 7); err != nil {
		t.Error(err)
	}
	k.mustBeEmpty()
}
