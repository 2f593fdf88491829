package crd

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	kubetesting "k8s.io/client-go/testing"

	"knelt.dev/events"
	"knelt.dev/pkg/store"
)

// nothing is known of any connection.
func nothing(events.Ref) (Observed, bool) { return Observed{}, false }

func statusOfConnection(t *testing.T, o *Objects, namespace, name string) ConnectionStatus {
	t.Helper()
	u, err := o.of("Connection", namespace).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(u.Object["status"])
	if err != nil {
		t.Fatal(err)
	}
	var s ConnectionStatus
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// told gives the conditions as "Ready=False/Invalid ...".
func told(s ConnectionStatus) string {
	var all []string
	for _, c := range s.Conditions {
		text := string(c.Type) + "=" + string(c.Status)
		if c.Reason != "" {
			text += "/" + c.Reason
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func notes(t *testing.T, o *Objects, namespace string) []string {
	t.Helper()
	list, err := o.events.CoreV1().Events(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range list.Items {
		all = append(all, e.Type+" "+e.InvolvedObject.Kind+"/"+e.InvolvedObject.Name+" "+e.Reason+": "+e.Message)
	}
	return all
}

// patches counts what is written.
func patches(client *dynamicfake.FakeDynamicClient) *atomic.Int64 {
	var n atomic.Int64
	client.PrependReactor("patch", "*", func(a kubetesting.Action) (bool, runtime.Object, error) {
		if a.GetSubresource() != "status" {
			panic("something other than the status is written")
		}
		n.Add(1)
		return false, nil, nil
	})
	return &n
}

// settled waits until what was written has come back.
func settled(t *testing.T, o *Objects, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("what was written does not come back")
		}
	}
}

// known is the status of connections as the cache has it.
func known(o *Objects, key string) string {
	return string(o.cache.all("Connection")[key].status)
}

func TestConditionsTellWhatIsWrongAndReadyTheSum(t *testing.T) {
	o, client := fake(t, "a")
	put(t, client, shop("a")...)
	put(t, client,
		made("Connection", "a", "broken", spec{"source": "shop", "destination": "lake", "schedule": spec{"cron": "@daily"}}),
		made("Connection", "a", "stray", spec{"source": "shop", "destination": "nowhere"}),
		made("Connection", "a", "both", spec{"source": "nowhere", "destination": "lake", "prefix": int64(5)}),
		made("Source", "a", "bad", spec{"connector": spec{"image": "x y"}}),
		made("Connection", "a", "badend", spec{"source": "bad", "destination": "lake"}))
	n := patches(client)
	if _, err := o.WriteStatus(soon(t), nothing); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"orders": "DestinationReady=True Ready=True SourceReady=True Synced=Unknown/NeverSynced Valid=True",
		"broken": "DestinationReady=Unknown/Invalid Ready=False/Invalid SourceReady=Unknown/Invalid Synced=Unknown/NeverSynced Valid=False/Invalid",
		"stray":  "DestinationReady=False/Missing Ready=False/Missing SourceReady=True Synced=Unknown/NeverSynced Valid=True",
		"both":   "DestinationReady=Unknown/Invalid Ready=False/Invalid SourceReady=Unknown/Invalid Synced=Unknown/NeverSynced Valid=False/Invalid",
		"badend": "DestinationReady=True Ready=False/Invalid SourceReady=False/Invalid Synced=Unknown/NeverSynced Valid=True",
	} {
		if got := told(statusOfConnection(t, o, "a", name)); got != want {
			t.Errorf("%s: got  %s\nwant %s", name, got, want)
		}
	}
	s := statusOfConnection(t, o, "a", "broken")
	ready := connectionConditions.Manage(&s).GetCondition(Ready)
	if want := `spec.schedule.cron: "@daily" is no cron expression; write "0 0 * * *"`; ready.Message != want || s.ObservedGeneration != 1 {
		t.Errorf("got %+v, want %s", ready, want)
	}
	if all := strings.Join(notes(t, o, "a"), "\n"); !strings.Contains(all, `Warning Connection/broken Invalid: spec.schedule.cron: "@daily"`) ||
		!strings.Contains(all, "Warning Connection/stray Missing: ") || strings.Contains(all, "orders") {
		t.Errorf("the events are\n%s", all)
	}
	if n.Load() != 8 {
		t.Errorf("%d objects were written, want 8", n.Load())
	}
}

// TestOnlyWhatHasChangedIsWritten, also of objects with several things wrong,
// whose conditions a manager sets one after the other.
func TestOnlyWhatHasChangedIsWritten(t *testing.T) {
	o, client := fake(t, "a")
	put(t, client, shop("a")...)
	put(t, client, made("Connection", "a", "both", spec{"source": "nowhere", "destination": "neither", "onSchemaChange": "x"}))
	n := patches(client)
	if written, err := o.WriteStatus(soon(t), nothing); err != nil || written != 4 {
		t.Fatalf("%d, %v", written, err)
	}
	settled(t, o, func() bool {
		for _, kind := range []string{"Source", "Destination", "Connection"} {
			for _, one := range o.cache.all(kind) {
				if len(one.status) == 0 {
					return false
				}
			}
		}
		return true
	})
	for range 3 {
		time.Sleep(1100 * time.Millisecond / 3) // times of conditions are whole seconds
		if written, err := o.WriteStatus(soon(t), nothing); err != nil || written != 0 {
			t.Fatalf("%d, %v", written, err)
		}
	}
	seen := Observed{Next: time.Date(2026, 3, 1, 2, 0, 0, 5, time.UTC), Last: &LastSync{ID: 7, Status: store.Running, Attempt: 1}}
	observe := func(ref events.Ref) (Observed, bool) { return seen, ref.Name == "orders" }
	if written, err := o.WriteStatus(soon(t), observe); err != nil || written != 1 || n.Load() != 5 {
		t.Errorf("%d, %v, %d in all", written, err, n.Load())
	}
	settled(t, o, func() bool { return strings.Contains(known(o, "a/orders"), `"id":7`) })
	if written, err := o.WriteStatus(soon(t), observe); err != nil || written != 0 {
		t.Errorf("%d, %v", written, err)
	}
	// What is not known anew stays.
	if written, err := o.WriteStatus(soon(t), nothing); err != nil || written != 0 {
		t.Errorf("%d, %v", written, err)
	}
}

func TestTheColumnsOfASync(t *testing.T) {
	o, client := fake(t, "a")
	put(t, client, shop("a")...)
	due := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	r := &events.SyncResult{
		Run:  events.Run{Connection: events.Ref{Namespace: "a", Name: "orders"}, Due: due, Attempt: 1, Kind: events.Sync},
		Sync: 7, Attempts: 2, Outcome: events.Failed, Started: due, Ended: due.Add(time.Minute),
		Reasons: []string{"1", "2", "3", "4", "5", "6", "7"}, Total: events.Counts{Relayed: 12, Bytes: 99},
	}
	for range 2 { // results are delivered again
		if err := o.Observe(t.Context(), r.Connection, Observed{Next: due.Add(time.Hour), Last: SyncOf(r), FailuresInRow: 3}); err != nil {
			t.Fatal(err)
		}
		if err := o.Note(t.Context(), r.Connection, NoteOf(r)); err != nil {
			t.Fatal(err)
		}
	}
	s := statusOfConnection(t, o, "a", "orders")
	if s.LastSync == nil || s.LastSync.Records != 12 || s.LastSync.Bytes != 99 || s.LastSync.Status != store.Failed || s.LastSync.Attempt != 2 || len(s.LastSync.Reasons) != 6 ||
		s.LastSync.Reasons[5] != "and 2 more" || !s.Next.Equal(&metav1.Time{Time: due.Add(time.Hour)}) || s.Schedule != "every 1h" || s.FailuresInRow != 3 {
		t.Errorf("%+v, %+v", s, s.LastSync)
	}
	if got := told(s); !strings.Contains(got, "Synced=False/Failed") || strings.Contains(got, "Valid") {
		t.Errorf("got %s", got)
	}
	if got := notes(t, o, "a"); len(got) != 1 || got[0] != "Warning Connection/orders SyncFailed: sync 7 failed: 12 records; 1" {
		t.Errorf("the events are %q", got)
	}
}

func TestAPausedConnectionHasNoNextSync(t *testing.T) {
	for name, c := range map[string]struct {
		spec spec
		by   Observed
	}{
		"by the document": {spec{"paused": true}, Observed{Next: time.Now()}},
		"by hand":         {spec{}, Observed{Next: time.Now(), Paused: true}},
	} {
		o, client := fake(t, "a")
		put(t, client, shop("a")[:2]...)
		c.spec["source"], c.spec["destination"] = "shop", "lake"
		put(t, client, made("Connection", "a", "orders", c.spec))
		if _, err := o.WriteStatus(soon(t), func(events.Ref) (Observed, bool) { return c.by, true }); err != nil {
			t.Fatal(err)
		}
		if s := statusOfConnection(t, o, "a", "orders"); !s.Paused || s.Next != nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestWhatIsMendedIsToldOf(t *testing.T) {
	o, client := fake(t, "a")
	all := shop("a")
	put(t, client, all[0], all[2])
	if _, err := o.WriteStatus(soon(t), nothing); err != nil {
		t.Fatal(err)
	}
	settled(t, o, func() bool { return known(o, "a/orders") != "" })
	put(t, client, all[1])
	settled(t, o, func() bool { return len(o.cache.all("Destination")) == 1 })
	if _, err := o.WriteStatus(soon(t), nothing); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(notes(t, o, "a"), "\n"); !strings.Contains(got, "Normal Connection/orders Ready: ") || !strings.Contains(got, `Warning Connection/orders Missing: spec.destination: there is no Destination "lake"`) {
		t.Errorf("the events are\n%s", got)
	}
}

// TestObjectsThatOthersChangeMeanwhileAreLeft, and what goes wrong with one does
// not keep the others from being written.
func TestObjectsThatOthersChangeMeanwhileAreLeft(t *testing.T) {
	o, client := fake(t, "a")
	put(t, client, shop("a")...)
	client.PrependReactor("patch", "*", func(a kubetesting.Action) (bool, runtime.Object, error) {
		switch a.GetResource().Resource {
		case "sources":
			return true, nil, apierrors.NewConflict(a.GetResource().GroupResource(), "shop", errors.New("changed"))
		case "destinations":
			return true, nil, errors.New("no quorum")
		}
		return false, nil, nil
	})
	written, err := o.WriteStatus(soon(t), nothing)
	if written != 1 || err == nil || err.Error() != "writing the status of Destination a/lake: no quorum" {
		t.Errorf("%d, %v", written, err)
	}
}

func TestNobodyMissesWhatIsGone(t *testing.T) {
	o, _ := fake(t, "a")
	gone := events.Ref{Namespace: "a", Name: "gone"}
	err := errors.Join(
		o.Observe(t.Context(), gone, Observed{}), o.Note(t.Context(), gone, Note{Reason: "X"}),
		o.Observe(context.Background(), events.Ref{Namespace: "other", Name: "x"}, Observed{}))
	if err != nil {
		t.Error(err)
	}
}
