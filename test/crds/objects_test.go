package crds

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"knelt.dev/events"
	"knelt.dev/pkg/connection/crd"
	"knelt.dev/pkg/store"
)

// account gives the rights that a Role of config/knative has in a namespace to one
// who has no others, and what connects as him.
func account(t *testing.T, role, namespace string) *rest.Config {
	t.Helper()
	text, err := os.ReadFile("../../config/knative/110-rbac.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range strings.Split(string(text), "\n---\n") {
		var r rbacv1.Role
		if err := yaml.Unmarshal([]byte(doc), &r); err != nil || r.Kind != "Role" || r.Name != role {
			continue
		}
		r.Namespace = namespace
		if _, err := world.client.RbacV1().Roles(namespace).Create(t.Context(), &r, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	user := "knelt-test-" + namespace
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: user}},
	}
	if _, err := world.client.RbacV1().RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	settings := rest.CopyConfig(world.settings)
	settings.Impersonate = rest.ImpersonationConfig{UserName: user}
	return settings
}

func objects(t *testing.T, settings *rest.Config, namespaces ...string) *crd.Objects {
	t.Helper()
	o, err := crd.New(settings, namespaces...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits for what is seen by a watch, or by rights that were just given.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not come: %s", what)
		}
	}
}

const three = `
{apiVersion: knelt.dev/v1alpha1, kind: Source, metadata: {name: shop}, spec: {connector: {image: x}}}
---
{apiVersion: knelt.dev/v1alpha1, kind: Destination, metadata: {name: lake}, spec: {connector: {image: x}}}
---
{apiVersion: knelt.dev/v1alpha1, kind: Connection, metadata: {name: orders}, spec: {source: shop, destination: lake, schedule: {every: 1h}}}
`

func TestTheSyncFunctionReadsWithItsRights(t *testing.T) {
	ns := namespace(t)
	mustCreate(t, ns, three)
	o := objects(t, account(t, "knelt-sync", ns), ns)
	eventually(t, "the right to read", func() bool {
		docs, err := o.Get(t.Context(), events.Ref{Namespace: ns, Name: "orders"})
		return err == nil && docs.Source.Metadata.Key() == ns+"/shop"
	})
	if _, err := o.Get(t.Context(), events.Ref{Namespace: ns, Name: "none"}); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	asks := objects(t, account(t, "knelt-ask", ns), ns)
	eventually(t, "the right to read", func() bool {
		d, err := asks.Resource(t.Context(), events.Resource{Kind: events.DestinationKind, Namespace: ns, Name: "lake"})
		return err == nil && d.Destination != nil
	})
}

// TestTheSchedulerWatchesAndTellsWithItsRights: what is applied is seen without
// asking, what is wrong is told in the object and stops only that.
func TestTheSchedulerWatchesAndTellsWithItsRights(t *testing.T) {
	ns := namespace(t)
	mustCreate(t, ns, three)
	o := objects(t, account(t, "knelt-scheduler", ns), ns)
	list, err := o.List(soon(t))
	if err != nil || len(list) != 1 || list[0].Problem != nil {
		t.Fatalf("%+v, %v", list, err)
	}
	// A time zone that the API server does not know to be none.
	mustCreate(t, ns, `{apiVersion: knelt.dev/v1alpha1, kind: Connection, metadata: {name: broken}, spec: {source: shop, destination: lake, schedule: {cron: "0 2 * * *", timeZone: Europe/Berln}}}`)
	eventually(t, "a new connection", func() bool { list, err = o.List(soon(t)); return err == nil && len(list) == 2 })
	if list[0].Problem == nil || list[1].Problem != nil {
		t.Errorf("%+v", list)
	}
	next := time.Now().Add(time.Hour)
	observe := func(ref events.Ref) (crd.Observed, bool) {
		return crd.Observed{Next: next, Last: &crd.LastSync{
			ID: 3, Status: store.Succeeded, Attempt: 1, Records: 1234567,
			Started: &metav1.Time{Time: time.Now().Add(-5 * time.Minute)}, Ended: &metav1.Time{Time: time.Now()},
		}}, ref.Name == "orders"
	}
	if n, err := o.WriteStatus(soon(t), observe); err != nil || n != 4 {
		t.Fatalf("%d, %v", n, err)
	}
	eventually(t, "the status that was written", func() bool { n, err := o.WriteStatus(soon(t), observe); return err == nil && n == 0 })

	table := kubectl(t, "get", "connections", "-n", ns)
	t.Logf("\n%s", table)
	for _, want := range []string{"NAME", "LAST SYNC", "ROWS", "orders", "every 1h", "5m", "succeeded", "1234567", next.UTC().Format(time.RFC3339), "True", "broken", "False"} {
		if !strings.Contains(table, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if told := kubectl(t, "describe", "conn", "broken", "-n", ns); !strings.Contains(told, `Warning  Invalid`) || !strings.Contains(told, `spec.schedule.timeZone: "Europe/Berln" is no time zone`) {
		t.Errorf("it says\n%s", told)
	}
	if all := kubectl(t, "get", "knelt", "-n", ns); !strings.Contains(all, "source.knelt.dev/shop") || !strings.Contains(all, "destination.knelt.dev/lake") {
		t.Errorf("the category has\n%s", all)
	}
	if all := kubectl(t, "get", "conn", "-n", ns, "--field-selector", "spec.source=other"); !strings.Contains(all, "No resources found") {
		t.Errorf("the selector finds\n%s", all)
	}
}

// TestTwoWritersOfAStatus: the slower one notices.
func TestTwoWritersOfAStatus(t *testing.T) {
	ns := namespace(t)
	mustCreate(t, ns, three)
	a, b := objects(t, world.settings, ns), objects(t, world.settings, ns)
	for _, o := range []*crd.Objects{a, b} {
		if _, err := o.List(soon(t)); err != nil {
			t.Fatal(err)
		}
	}
	ref := events.Ref{Namespace: ns, Name: "orders"}
	errs := make(chan error, 20)
	for i := range cap(errs) {
		go func() {
			errs <- []*crd.Objects{a, b}[i%2].Observe(soon(t), ref, crd.Observed{Last: &crd.LastSync{ID: int64(i + 1), Status: store.Running}})
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil && !strings.Contains(err.Error(), "the object has been modified") {
			t.Error(err)
		}
	}
	seen := func(events.Ref) (crd.Observed, bool) {
		return crd.Observed{Last: &crd.LastSync{ID: 99, Status: store.Failed, Reasons: []string{"x"}}}, true
	}
	eventually(t, "both agree", func() bool {
		_, errA := a.WriteStatus(soon(t), seen)
		_, errB := b.WriteStatus(soon(t), seen)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		m, err := b.WriteStatus(soon(t), seen)
		return err == nil && m == 0
	})
	if got := kubectl(t, "get", "conn", "orders", "-n", ns, "-o", "jsonpath={.status.lastSync.id} {.status.conditions[?(@.type=='Synced')].message}"); got != "99 x" {
		t.Errorf("got %q", got)
	}
}

// TestAChangeOfTheSpecIsSeenAndItsStatusIsNotTheUsers.
func TestAChangeOfTheSpecIsSeenAndItsStatusIsNotTheUsers(t *testing.T) {
	ns := namespace(t)
	mustCreate(t, ns, three)
	o := objects(t, world.settings, ns)
	before, err := o.Version(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	patch := func(text string) {
		t.Helper()
		if _, err := world.objects.Resource(resources["Connection"]).Namespace(ns).Patch(t.Context(), "orders", types.MergePatchType, []byte(text), metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	patch(`{"status": {"schedule": "mine"}}`)
	if _, err := o.WriteStatus(soon(t), func(events.Ref) (crd.Observed, bool) { return crd.Observed{}, false }); err != nil {
		t.Fatal(err)
	}
	if got := kubectl(t, "get", "conn", "orders", "-n", ns, "-o", "jsonpath={.status.schedule}"); got != "every 1h" {
		t.Errorf("the status is %q", got)
	}
	time.Sleep(200 * time.Millisecond)
	if now, err := o.Version(soon(t)); err != nil || now != before {
		t.Errorf("the version changes by the status (%v)", err)
	}
	patch(`{"spec": {"paused": true}}`)
	eventually(t, "another version", func() bool { now, err := o.Version(soon(t)); return err == nil && now != before })
	if list, err := o.List(soon(t)); err != nil || !list[0].Connection.Spec.Paused {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestThousandsAreListedOnce measures; the figures are printed.
func TestThousandsAreListedOnce(t *testing.T) {
	const n = 2000
	ns := namespace(t)
	mustCreate(t, ns, three)
	made := make(chan error, n)
	work := make(chan int)
	for range 16 {
		go func() {
			for i := range work {
				text := fmt.Sprintf(`{"apiVersion":"knelt.dev/v1alpha1","kind":"Connection","metadata":{"name":"c%d"},"spec":{"source":"shop","destination":"lake","schedule":{"cron":"%d 2 * * *"},"streams":[{"name":"users"},{"name":"orders"}]}}`, i, i%60)
				_, err := world.client.CoreV1().RESTClient().Post().AbsPath("/apis/knelt.dev/v1alpha1/namespaces", ns, "connections").Body([]byte(text)).SetHeader("Content-Type", "application/json").Do(context.Background()).Raw()
				made <- err
			}
		}()
	}
	go func() {
		for i := range n {
			work <- i
		}
		close(work)
	}()
	for range n {
		if err := <-made; err != nil {
			t.Fatal(err)
		}
	}
	o := objects(t, world.settings, ns)
	start := time.Now()
	list, err := o.List(soon(t))
	if err != nil || len(list) != n+1 {
		t.Fatalf("%d, %v", len(list), err)
	}
	first := time.Since(start)
	start = time.Now()
	if _, err := o.List(soon(t)); err != nil {
		t.Fatal(err)
	}
	again := time.Since(start)
	start = time.Now()
	if _, err := o.Version(soon(t)); err != nil {
		t.Fatal(err)
	}
	version := time.Since(start)
	start = time.Now()
	written, err := o.WriteStatus(soon(t), func(events.Ref) (crd.Observed, bool) { return crd.Observed{}, false })
	t.Logf("%d connections: first list %s, again %s, version %s; %d written in %s (%v)", n+1, first, again, version, written, time.Since(start), err)
	if err != nil {
		t.Fatal(err)
	}
}

func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("kubectl", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
