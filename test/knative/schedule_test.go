package knative

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/token"
)

// control is the address of the control plane.
const control = "http://knelt-scheduler." + system + ".svc.cluster.local"

// apply makes the objects of the sync in the connectors' namespace, with lines
// more in the connection's spec.
func (s *moving) apply() {
	s.t.Helper()
	for resource, document := range map[string]any{"sources": s.docs.Source, "destinations": s.docs.Destination, "connections": s.docs.Connection} {
		text, err := json.Marshal(document)
		if err != nil {
			s.t.Fatal(err)
		}
		o := &unstructured.Unstructured{}
		if err := json.Unmarshal(text, &o.Object); err != nil {
			s.t.Fatal(err)
		}
		all := knatv.Resource(ours(resource)).Namespace(connectors)
		if _, err := all.Create(s.t.Context(), o, metav1.CreateOptions{}); err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { _ = all.Delete(context.Background(), s.name, metav1.DeleteOptions{}) })
	}
}

func ours(resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "knelt.dev", Version: "v1alpha1", Resource: resource}
}

// subject is what events of a sync of objects are about.
func (s *moving) subject() string { return connectors + "/" + s.name }

// status gives a field of the connection's status, as text.
func (s *moving) status(path ...string) string {
	s.t.Helper()
	o, err := knatv.Resource(ours("connections")).Namespace(connectors).Get(s.t.Context(), s.name, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	value, _, _ := unstructured.NestedFieldNoCopy(o.Object, append([]string{"status"}, path...)...)
	return fmt.Sprint(value)
}

// TestAppliedObjectsAreSyncedBySchedule, and tell of it; nothing of Knelt runs in
// between.
func TestAppliedObjectsAreSyncedBySchedule(t *testing.T) {
	const users = 500
	s := newSyncOf(t, recipe{config: faker{Users: users}.config(), spec: `schedule: {cron: "* * * * *"}`})
	s.apply()
	eventually(t, "a sync by the schedule", 3*time.Minute, func() bool { return heard.count(s.subject(), events.SyncSucceeded) > 0 })
	s.exact(users)
	eventually(t, "the status", 30*time.Second, func() bool {
		return s.status("lastSync", "status") == "succeeded" && s.status("lastSync", "records") == fmt.Sprint(3*users+100)
	})
	if next := s.status("next"); next == "<nil>" || s.status("schedule") == "<nil>" {
		t.Errorf("the status has no next sync (%s) or schedule", next)
	}
	list, err := kube.CoreV1().Events(connectors).List(t.Context(), metav1.ListOptions{FieldSelector: "involvedObject.name=" + s.name})
	if err != nil || len(list.Items) == 0 {
		t.Errorf("%d events on the object, %v", len(list.Items), err)
	}
	eventually(t, "the next sync", 2*time.Minute, func() bool { return heard.count(s.subject(), events.SyncSucceeded) > 1 })
	s.exact(users)
}

// TestABrokenObjectSaysWhatIsWrongWithIt and stops nothing else.
func TestABrokenObjectSaysWhatIsWrongWithIt(t *testing.T) {
	s := newSyncOf(t, recipe{config: faker{Users: 10}.config(), spec: `schedule: {cron: "* * * * *"}`})
	s.docs.Connection.Spec.Source = "nowhere"
	s.apply()
	tick(t)
	eventually(t, "its condition", time.Minute, func() bool { return strings.Contains(s.status("conditions"), "nowhere") })
}

// TestEachDueSyncRunsOnceThoughTheSchedulerIsKilled in the middle of its ticks.
func TestEachDueSyncRunsOnceThoughTheSchedulerIsKilled(t *testing.T) {
	due := time.Now().Add(20 * time.Second).UTC().Truncate(time.Minute).Add(time.Minute)
	cron := fmt.Sprintf(`schedule: {cron: "%d %d * * *"}`, due.Minute(), due.Hour())
	var all []*moving
	for range 5 {
		s := newSyncOf(t, recipe{config: faker{Users: 20}.config(), spec: cron})
		s.apply()
		all = append(all, s)
	}
	tick(t)
	time.Sleep(time.Until(due))
	for i := range 3 {
		go postTick() // most of these are killed
		time.Sleep(time.Duration(20+40*i) * time.Millisecond)
		for _, pid := range processes(t, "scheduler", pods(t, system, ofFunction("scheduler"))) {
			killPID(t, pid)
		}
		time.Sleep(2 * time.Second)
	}
	for _, s := range all {
		eventually(t, "the sync of "+s.name, 3*time.Minute, func() bool { return heard.count(s.subject(), events.SyncSucceeded) > 0 })
	}
	tick(t)
	time.Sleep(5 * time.Second)
	for _, s := range all {
		if n := heard.count(s.subject(), events.SyncStarted); n != 1 {
			t.Errorf("%s was started %d times", s.name, n)
		}
		s.exact(20)
	}
}

// tick has the scheduler tick now.
func tick(t *testing.T) {
	t.Helper()
	eventually(t, "a tick", time.Minute, postTick)
}

func postTick() (done bool) {
	r, err := http.Post(control+"/ticks", "application/json", nil)
	if err != nil {
		return false
	}
	defer r.Body.Close() //nolint:errcheck // it is not read
	return r.StatusCode == http.StatusOK
}

// tokens has the API know a token of a scope, and gives it.
func tokens(t *testing.T, scope api.Scope) string {
	t.Helper()
	secret, line, err := token.New("tests", scope, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	file := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "knelt-api"}, StringData: map[string]string{"tokens": line.String() + "\n"}}
	if _, err := kube.CoreV1().Secrets(system).Create(t.Context(), file, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = kube.CoreV1().Secrets(system).Delete(context.Background(), "knelt-api", metav1.DeleteOptions{})
	})
	return secret
}

// TestTheAPIAndTheDashboardAreServed to whoever has a token.
func TestTheAPIAndTheDashboardAreServed(t *testing.T) {
	secret := tokens(t, api.Run)
	const users = 100
	s := newSyncOf(t, recipe{config: faker{Users: users}.config()})
	s.apply()
	tick(t)

	if status, _ := call(t, http.MethodGet, "/", "", ""); status != http.StatusOK {
		t.Errorf("the page answers %d", status)
	}
	if status, body := call(t, http.MethodGet, "/api/v1/connections", "", ""); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d %s", status, body)
	}
	path := "/api/v1/connections/" + connectors + "/" + s.name
	// The kubelet brings a Secret that is new to a running pod within a minute or so.
	eventually(t, "the connection by the API", 3*time.Minute, func() bool {
		status, body := call(t, http.MethodGet, path, secret, "")
		return status == http.StatusOK && strings.Contains(body, s.name)
	})
	if status, body := call(t, http.MethodPost, path+"/syncs", secret, "{}"); status != http.StatusAccepted {
		t.Fatalf("a sync now: %d %s", status, body)
	}
	eventually(t, "the sync by the API", time.Minute, func() bool {
		_, body := call(t, http.MethodGet, path+"/syncs/1", secret, "")
		return strings.Contains(body, `"succeeded"`)
	})
	s.exact(users)
	status, body := call(t, http.MethodPost, "/api/v1/check", secret, fmt.Sprintf(`{"resource":{"kind":"Source","namespace":%q,"name":%q}}`, connectors, s.name))
	if status != http.StatusOK || !strings.Contains(body, "SUCCEEDED") {
		t.Errorf("a check: %d %s", status, body)
	}
}

// call asks the control plane.
func call(t *testing.T, method, path, secret, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, control+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	client := http.Client{Timeout: time.Minute}
	answer, err := client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(text)
}
