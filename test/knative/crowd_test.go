package knative

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestASchedulerThatStartsAmongTwoThousandConnections reads them all, and writes
// none that is as it should be: that is what each of its pods does first.
func TestASchedulerThatStartsAmongTwoThousandConnections(t *testing.T) {
	const many = 2000
	s := newSyncOf(t, recipe{config: faker{Users: 1}.config(), spec: "paused: true"})
	s.apply()
	s.multiply(many)
	writing := ticked(t)
	t.Logf("%s: the first tick, which writes the status of all; %s: the next", writing, ticked(t))
	if writing > time.Minute {
		t.Errorf("a tick took %s", writing)
	}
	eventually(t, "the status of all", time.Minute, func() bool { tick(t); return s.unwritten() == 0 })

	before := versions(t)
	kill(t, "scheduler", pods(t, system, ofFunction("scheduler")))
	up(t)
	cold := ticked(t)
	warm := ticked(t)
	t.Logf("%s: the first tick of a new process; %s: its next", cold, warm)
	if cold > 15*time.Second || warm > 3*time.Second {
		t.Errorf("ticks took %s and %s", cold, warm)
	}
	if after := versions(t); !maps.Equal(before, after) {
		n := 0
		for name, version := range after {
			if before[name] != version {
				n++
			}
		}
		t.Errorf("%d objects were written, none of which had changed", n)
	}
	resident := memory(t)
	t.Logf("%d MiB are resident then", resident>>20)
	if resident > 200<<20 { // its limit is 256 Mi
		t.Errorf("%d MiB are resident", resident>>20)
	}
}

// ticked tells how long a tick took.
func ticked(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	if !postTick() {
		t.Fatalf("a tick failed after %s", time.Since(began))
	}
	return time.Since(began).Round(time.Millisecond)
}

// up waits until the scheduler answers.
func up(t *testing.T) {
	t.Helper()
	eventually(t, "the scheduler", time.Minute, func() bool {
		status, _ := call(t, "GET", "/", "", "")
		return status == 200
	})
}

// multiply makes so many copies of the connection.
func (s *moving) multiply(n int) {
	s.t.Helper()
	text, err := json.Marshal(s.docs.Connection)
	if err != nil {
		s.t.Fatal(err)
	}
	all := knatv.Resource(ours("connections")).Namespace(connectors)
	s.t.Cleanup(func() {
		err := all.DeleteCollection(context.Background(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "test=" + s.name})
		if err != nil {
			s.t.Error(err)
		}
		tick(s.t)
	})
	var g errgroup.Group
	g.SetLimit(16)
	for i := range n {
		g.Go(func() error {
			o := &unstructured.Unstructured{}
			if err := json.NewDecoder(bytes.NewReader(text)).Decode(&o.Object); err != nil {
				return err
			}
			o.SetName(fmt.Sprintf("%s-%d", s.name, i))
			o.SetLabels(map[string]string{"test": s.name})
			_, err := all.Create(s.t.Context(), o, metav1.CreateOptions{})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		s.t.Fatal(err)
	}
}

// unwritten counts the connections that have no status.
func (s *moving) unwritten() (n int) {
	s.t.Helper()
	for _, o := range objects(s.t) {
		if _, is := o.Object["status"]; !is {
			n++
		}
	}
	return n
}

// objects lists all connections.
func objects(t *testing.T) []unstructured.Unstructured {
	t.Helper()
	list, err := knatv.Resource(ours("connections")).Namespace(connectors).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// versions gives the versions of all connections.
func versions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, o := range objects(t) {
		all[o.GetName()] = o.GetResourceVersion()
	}
	return all
}

// memory gives the resident bytes of the scheduler.
func memory(t *testing.T) int {
	t.Helper()
	pids := processes(t, "scheduler", pods(t, system, ofFunction("scheduler")))
	if len(pids) != 1 {
		t.Fatalf("%d processes of the scheduler", len(pids))
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pids[0]))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(rest + " ?")[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}
