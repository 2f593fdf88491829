package knative

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"knelt.dev/events"
)

var services = schema.GroupVersionResource{Group: "serving.knative.dev", Version: "v1", Resource: "services"}

// patch changes the Service of a function by a JSON merge patch of its template,
// which makes a new revision, and waits until that is ready.
func patch(t *testing.T, function string, template map[string]any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"spec": map[string]any{"template": template}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := knatv.Resource(services).Namespace(system).Patch(context.Background(), "knelt-"+function, types.MergePatchType, body, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := ready(context.Background(), services, "knelt-"+function); err != nil { // also after the test
		t.Fatal(err)
	}
}

// template gives the template of a function's Service.
func template(t *testing.T, function string) map[string]any {
	t.Helper()
	o, err := knatv.Resource(services).Namespace(system).Get(context.Background(), "knelt-"+function, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	spec, _, err := unstructured.NestedMap(o.Object, "spec", "template", "spec")
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// change sets variables of the sync function's container, and other fields of
// its template's spec, and gives what sets all of it back.
func change(t *testing.T, fields map[string]any, env map[string]string) (restore func()) {
	t.Helper()
	before := template(t, "sync")
	after := map[string]any{}
	for k, v := range fields {
		after[k] = v
	}
	containers := before["containers"].([]any)
	after["containers"] = []any{withEnv(containers[0].(map[string]any), env)}
	patch(t, "sync", map[string]any{"spec": after})
	return func() {
		back := map[string]any{"containers": containers}
		for k := range fields {
			back[k] = before[k]
		}
		patch(t, "sync", map[string]any{"spec": back})
	}
}

func withEnv(container map[string]any, env map[string]string) map[string]any {
	c := map[string]any{}
	for k, v := range container {
		c[k] = v
	}
	var list []any
	for _, one := range c["env"].([]any) {
		if _, replaced := env[one.(map[string]any)["name"].(string)]; !replaced {
			list = append(list, one)
		}
	}
	for name, value := range env {
		list = append(list, map[string]any{"name": name, "value": value})
	}
	c["env"] = list
	return c
}

// setTimeout gives requests to the sync function so much time.
func setTimeout(t *testing.T, d time.Duration) (restore func()) {
	t.Helper()
	return change(t, map[string]any{"timeoutSeconds": int64(d.Seconds())},
		map[string]string{"KNELT_REQUEST_TIMEOUT": d.String(), "KNELT_REQUEST_MARGIN": "6s"})
}

// processes gives the pids of a program in the containers of pods.
func processes(t *testing.T, program string, of []corev1.Pod) []int {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, path := range paths {
		exe, err := os.Readlink(path)
		if err != nil || filepath.Base(exe) != program || !inPods(filepath.Dir(path), of) {
			continue
		}
		pid, _ := strconv.Atoi(strings.Split(path, "/")[2]) // digits, by the pattern
		pids = append(pids, pid)
	}
	return pids
}

// inPods tells whether a process, by its folder in /proc, is of one of the pods.
func inPods(folder string, pods []corev1.Pod) bool {
	groups, err := os.ReadFile(filepath.Join(folder, "cgroup"))
	if err != nil {
		return false // it has ended
	}
	for _, p := range pods {
		// The kubelet writes uids with dashes or, for systemd, with underscores.
		if strings.Contains(strings.ReplaceAll(string(groups), "_", "-"), string(p.UID)) {
			return true
		}
	}
	return false
}

// kill kills the processes of a program in pods, of which there must be some.
func kill(t *testing.T, program string, of []corev1.Pod) {
	t.Helper()
	pids := processes(t, program, of)
	if len(pids) == 0 {
		t.Fatalf("no process of %s was found in %d pods", program, len(of))
	}
	for _, pid := range pids {
		killPID(t, pid)
	}
}

// killPID kills a process; one that has just ended is no error.
func killPID(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Fatal(err)
	}
}

// disturbances are ways to disturb the sync function in the middle of a sync.
var disturbances = map[string]func(t *testing.T){
	"killed": killFunction,
	"rolled": func(t *testing.T) {
		patch(t, "sync", map[string]any{"metadata": map[string]any{"annotations": map[string]any{"knelt.dev/rolled": fmt.Sprint(time.Now().UnixNano())}}})
	},
	"evicted": func(t *testing.T) {
		for _, p := range pods(t, system, ofFunction("sync")) {
			evict(t, p)
		}
	},
	"deleted at once": func(t *testing.T) {
		for _, p := range pods(t, system, ofFunction("sync")) {
			deleteAtOnce(t, p)
		}
	},
}

// killFunction kills the function's processes. A pod that Knative is ending already
// goes whole: its queue-proxy would stay for the rest of its grace, 10 minutes, and
// answer for the dead function on the activator's open connections.
func killFunction(t *testing.T) {
	var staying []corev1.Pod
	for _, p := range pods(t, system, ofFunction("sync")) {
		if p.DeletionTimestamp != nil {
			deleteAtOnce(t, p)
		} else {
			staying = append(staying, p)
		}
	}
	if len(staying) > 0 {
		kill(t, syncProgram, staying)
	}
}

func deleteAtOnce(t *testing.T, p corev1.Pod) {
	t.Helper()
	err := kube.CoreV1().Pods(p.Namespace).Delete(t.Context(), p.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64)})
	if err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
}

// evict has a pod leave its node, as when that is drained.
func evict(t *testing.T, p corev1.Pod) {
	t.Helper()
	e := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: p.Namespace}}
	if err := kube.PolicyV1().Evictions(p.Namespace).Evict(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

// syncProgram is the name of the function's program in its image.
const syncProgram = "sync"

// TestASyncOutlivesItsFunction, whatever becomes of that, over the same
// connectors. Knative leaves a pod that is rolled or evicted to its request for as
// long as that may last; one that is killed or deleted at once is succeeded.
func TestASyncOutlivesItsFunction(t *testing.T) {
	const users = 1600
	for name, disturb := range disturbances {
		t.Run(name, func(t *testing.T) {
			s := newSync(t, faker{Users: users, Rate: 3 * users / 16.0}, "")
			post(t, s.request())
			before := s.running()
			disturb(t)
			began := time.Now()
			n, _ := s.rows()
			eventually(t, "rows after the disturbance", time.Minute, func() bool { m, _ := s.rows(); return m > n+200 })
			t.Logf("rows flowed again %s after the function was %s", time.Since(began).Round(10*time.Millisecond), name)
			if after := s.running(); after["source"] != before["source"] || after["destination"] != before["destination"] {
				t.Errorf("the pods were %v, and are %v", before, after)
			}
			s.finishes(users, 3*time.Minute)
		})
	}
}

// TestConnectorsOfAFunctionThatIsGoneEnd by themselves. When it comes back, and
// with it the event, the sync goes on from its checkpoint.
func TestConnectorsOfAFunctionThatIsGoneEnd(t *testing.T) {
	const users = 1200
	s := newSync(t, faker{Users: users, Rate: 3 * users / 30.0}, "")
	post(t, s.request())
	s.running()
	o, err := knatv.Resource(services).Namespace(system).Get(t.Context(), "knelt-sync", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := knatv.Resource(services).Namespace(system).Delete(t.Context(), "knelt-sync", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	disturbances["killed"](t)
	began := time.Now()
	// The lease's TTL of 15 s, half of it for a successor, the grace of 10 s.
	eventually(t, "the end of both connectors", 45*time.Second, func() bool {
		for _, p := range s.connectorPods("") {
			if p.Status.Phase == "Running" || p.Status.Phase == "Pending" {
				return false
			}
		}
		return true
	})
	t.Logf("both pods had ended %s after the function was gone", time.Since(began).Round(100*time.Millisecond))

	fresh := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "serving.knative.dev/v1", "kind": "Service",
		"metadata": map[string]any{"name": "knelt-sync", "namespace": system, "labels": labelsOf(o)},
		"spec":     o.Object["spec"],
	}}
	if _, err := knatv.Resource(services).Namespace(system).Create(t.Context(), fresh, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := ready(t.Context(), services, "knelt-sync"); err != nil {
		t.Fatal(err)
	}
	if r := heard.result(t, s.run(), 2*time.Minute); r.Outcome != events.Succeeded || r.Attempts != 2 {
		t.Errorf("the sync ended %s %q after %d attempts", r.Outcome, r.Reasons, r.Attempts)
	}
	s.exact(users)
	s.nothingLeft(30 * time.Second)
}

func labelsOf(o *unstructured.Unstructured) map[string]any {
	labels := map[string]any{}
	for k, v := range o.GetLabels() {
		labels[k] = v
	}
	return labels
}
