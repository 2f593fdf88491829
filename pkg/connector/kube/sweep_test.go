//go:build linux

package kube_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ktesting "k8s.io/client-go/testing"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/kube"
	"knelt.dev/pkg/connector/kube/resources"
)

func refuse(ktesting.Action) (bool, runtime.Object, error) {
	return true, nil, errors.New("not now")
}

// linger is a pod that takes its time to end.
func linger(ktesting.Action) (bool, runtime.Object, error) { return true, nil, nil }

// leftover puts a pod, or only its Secret, of some age into the cluster.
func (k *kubelet) leftover(age time.Duration, withPod bool, w resources.Wanted, change func(*corev1.Pod)) string {
	k.t.Helper()
	s := config(k).Settings
	if w.Seat != nil {
		w.Name = resources.SeatName(*w.Seat)
	}
	w.User.UID = 1
	pod, err := resources.Pod(s, w)
	if err != nil {
		k.t.Fatal(err)
	}
	secret := resources.Secret(s, w, "00")
	pod.CreationTimestamp, secret.CreationTimestamp = metav1.NewTime(time.Now().Add(-age)), metav1.NewTime(time.Now().Add(-age))
	if change != nil {
		change(pod)
	}
	if err := k.client.Tracker().Add(secret); err != nil {
		k.t.Fatal(err)
	}
	if withPod {
		if err := k.client.Tracker().Add(pod); err != nil {
			k.t.Fatal(err)
		}
	}
	return w.Name
}

func alone(name string) resources.Wanted {
	return resources.Wanted{Name: name, Command: connector.Check}
}

func seated(connection string, sync int64) resources.Wanted {
	return resources.Wanted{Command: connector.Read, Seat: &connector.Seat{Connection: connection, Sync: sync, Attempt: 1, Command: connector.Read, Epoch: 1}}
}

func finished(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }

// shopIsLive: of all syncs, number 2 of shop has a lease.
func shopIsLive(_ context.Context, connection string, sync int64) (bool, error) {
	return connection == "shop" && sync == 2, nil
}

func TestSweepTakesWhatNobodyNeeds(t *testing.T) {
	k := newKubelet(t)
	const old, young = time.Hour, time.Second
	gone := []string{
		"Pod " + k.leftover(old, true, alone("check-ended"), finished),
		"Pod " + k.leftover(25*time.Hour, true, alone("check-overdue"), nil),
		"Pod " + k.leftover(old, true, seated("shop", 1), nil),
		"Pod " + k.leftover(old, true, seated("other", 2), finished),
		"Secret " + k.leftover(old, false, alone("check-podless"), nil),
	}
	kept := []string{
		k.leftover(young, true, alone("check-young"), finished),
		k.leftover(23*time.Hour, true, alone("check-busy"), nil),
		k.leftover(old, true, seated("shop", 2), nil),
		k.leftover(young, true, seated("shop", 3), nil),
		k.leftover(young, false, alone("check-coming"), nil),
	}
	removed, err := newCluster(t, k).Sweep(t.Context(), 5*time.Minute, shopIsLive)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range removed {
		got = append(got, r.Kind+" "+r.Name)
		if r.Reason == "" {
			t.Errorf("%s was removed for no reason", r.Name)
		}
	}
	slices.Sort(got)
	slices.Sort(gone)
	if !slices.Equal(got, gone) {
		t.Errorf("removed %q, want %q", got, gone)
	}
	if pods, _ := k.left(); pods != len(kept)-1 {
		t.Errorf("%d pods are left, want %q", pods, kept)
	}
	// The Secrets of removed pods are Kubernetes' to take; where it does not, the
	// next sweep does.
	if removed, err = newCluster(t, k).Sweep(t.Context(), 5*time.Minute, shopIsLive); err != nil || len(removed) != 4 {
		t.Errorf("the next sweep removes %v, %v", removed, err)
	}
}

// TestASweeperNeedsNoBridge: it takes and keeps what a Cluster does.
func TestASweeperNeedsNoBridge(t *testing.T) {
	k := newKubelet(t)
	k.leftover(time.Hour, true, seated("shop", 1), nil)
	k.leftover(time.Hour, true, seated("shop", 2), nil)
	k.leftover(time.Hour, false, alone("check-podless"), nil)
	cfg := config(k)
	removed, err := kube.NewSweeper(cfg.Client, cfg.Settings.Namespace).Sweep(t.Context(), 5*time.Minute, shopIsLive)
	if err != nil || len(removed) != 2 {
		t.Errorf("removed %v, %v", removed, err)
	}
	if pods, _ := k.left(); pods != 1 {
		t.Errorf("%d pods are left, want that of the sync that is live", pods)
	}
}

func TestSweepGoesOnPastWhatItCannotTell(t *testing.T) {
	k := newKubelet(t)
	k.leftover(time.Hour, true, seated("shop", 1), nil)
	k.leftover(time.Hour, true, alone("check-ended"), finished)
	asked := func(context.Context, string, int64) (bool, error) { return false, fmt.Errorf("the store is away") }
	removed, err := newCluster(t, k).Sweep(t.Context(), 5*time.Minute, asked)
	if err == nil || !strings.Contains(err.Error(), "the store is away") || !slices.ContainsFunc(removed, func(r kube.Removed) bool { return r.Name == "check-ended" }) {
		t.Errorf("removed %v, %v", removed, err)
	}
	if pods, _ := k.left(); pods != 1 {
		t.Errorf("%d pods are left, want that of the sync of which nobody could tell", pods)
	}
}
