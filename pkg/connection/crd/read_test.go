package crd

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	kubetesting "k8s.io/client-go/testing"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
)

func TestAConnectionIsReadWithItsEndsAndDefaults(t *testing.T) {
	o, client := fake(t, "a")
	put(t, client, shop("a")...)
	docs, err := o.Get(t.Context(), events.Ref{Namespace: "a", Name: "orders"})
	if err != nil {
		t.Fatal(err)
	}
	if docs.Connection.Metadata.Key() != "a/orders" || docs.Source.Metadata.Key() != "a/shop" || docs.Destination.Spec.Connector.Image != "x:1" ||
		docs.Connection.Spec.Retries.Backoff != connection.DefaultBackoff || docs.Connection.Origin.String() != "Connection a/orders" {
		t.Errorf("%+v", docs)
	}
	source, err := o.Resource(t.Context(), events.Resource{Kind: events.SourceKind, Namespace: "a", Name: "shop"})
	if err != nil || source.Source == nil || source.Destination != nil {
		t.Errorf("%+v, %v", source, err)
	}
}

// TestNamespacesAreKeptApart: what another namespace has is not there, be it
// named by a request or by a connection.
func TestNamespacesAreKeptApart(t *testing.T) {
	o, client := fake(t, "a", "b")
	put(t, client, shop("c")...)
	put(t, client, shop("a")[0], shop("a")[1], shop("b")[2])
	for _, ref := range []events.Ref{{Namespace: "c", Name: "orders"}, {Name: "orders"}, {Namespace: "a", Name: "orders"}} {
		if _, err := o.Get(t.Context(), ref); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", ref, err)
		}
	}
	_, err := o.Get(t.Context(), events.Ref{Namespace: "b", Name: "orders"})
	if err == nil || err.Error() != `Connection b/orders: spec.source: there is no Source "shop" in namespace b` || !errors.As(err, new(*connection.Problems)) {
		t.Errorf("%v", err)
	}
}

func TestProblemsNameTheObjectAndTheField(t *testing.T) {
	o, client := fake(t, "a")
	put(t, client,
		made("Source", "a", "shop", spec{"connector": spec{"image": "x:1"}, "config": spec{"password": "${env:PASSWORD} hunter2"}}),
		made("Destination", "a", "lake", spec{"connector": spec{"image": "x:1", "env": spec{"A": "${file:/etc/x}"}}}),
		made("Connection", "a", "orders", spec{"source": "shop", "destination": "lake", "schedule": spec{"cron": "0 0 31 2 *", "timeZone": "Europe/Berln"}}))
	for _, c := range []struct {
		kind events.ResourceKind
		want string
	}{
		{events.SourceKind, "Source a/shop: spec.config.password: ${env:PASSWORD} cannot be used on a cluster; put the value into a Secret in namespace a and write ${secret:NAME/KEY}"},
		{events.DestinationKind, "Destination a/lake: spec.connector.env.A: ${file:/etc/x} cannot be used on a cluster; put the value into a Secret in namespace a and write ${secret:NAME/KEY}"},
	} {
		name := map[events.ResourceKind]string{events.SourceKind: "shop", events.DestinationKind: "lake"}[c.kind]
		_, err := o.Resource(t.Context(), events.Resource{Kind: c.kind, Namespace: "a", Name: name})
		if err == nil || err.Error() != c.want {
			t.Errorf("got %v", err)
		}
	}
	_, err := o.Get(t.Context(), events.Ref{Namespace: "a", Name: "orders"})
	if err == nil || !strings.Contains(err.Error(), "Connection a/orders: spec.schedule.timeZone: \"Europe/Berln\" is no time zone") ||
		!strings.Contains(err.Error(), "Connection a/orders: spec.schedule.cron: ") {
		t.Errorf("got %v", err)
	}
}

// TestABrokenObjectStopsOnlyItself.
func TestABrokenObjectStopsOnlyItself(t *testing.T) {
	o, client := fake(t, "a", "b")
	put(t, client, shop("a")...)
	put(t, client, shop("b")...)
	put(t, client,
		made("Connection", "a", "broken", spec{"source": "shop", "destination": "lake", "schedule": spec{"cron": "daily"}}),
		made("Connection", "a", "stray", spec{"source": "shop", "destination": "nowhere"}))
	list, err := o.List(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, l := range list {
		told = append(told, l.Metadata.Key()+map[bool]string{true: " good", false: " bad"}[l.Problem == nil])
	}
	if got := strings.Join(told, ", "); got != "a/broken bad, a/orders good, a/stray bad, b/orders good" {
		t.Errorf("got %s", got)
	}
	if sources, err := o.Sources(soon(t)); err != nil || len(sources) != 2 || sources[0].Metadata.Key() != "a/shop" {
		t.Errorf("%v, %v", sources, err)
	}
}

func TestTheCopyThatKubectlKeepsInAnObjectIsLeftOut(t *testing.T) {
	o, client := fake(t, "a")
	all := shop("a")
	all[0].SetAnnotations(map[string]string{lastApplied: "hunter2", "mine": "x"})
	put(t, client, all...)
	docs, err := o.Get(t.Context(), events.Ref{Namespace: "a", Name: "orders"})
	if err != nil || len(docs.Source.Metadata.Annotations) != 1 || docs.Source.Metadata.Annotations["mine"] != "x" {
		t.Errorf("%+v, %v", docs, err)
	}
}

// TestAListThatCannotBeMadeTellsWhy, in the time that there is.
func TestAListThatCannotBeMadeTellsWhy(t *testing.T) {
	o, client := fake(t, "a")
	client.PrependReactor("list", "connections", func(kubetesting.Action) (bool, runtime.Object, error) {
		return true, nil, errors.New("connections.knelt.dev is forbidden")
	})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := o.List(ctx)
	if err == nil || !strings.Contains(err.Error(), "is forbidden") {
		t.Errorf("got %v", err)
	}
}

// TestVersionsDifferOnceADocumentDoes, and not by the status that is written all
// the time.
func TestVersionsDifferOnceADocumentDoes(t *testing.T) {
	o, client := fake(t, "a")
	all := shop("a")
	put(t, client, all...)
	first, revision := versions(t, o)
	if _, err := o.WriteStatus(soon(t), nothing); err != nil {
		t.Fatal(err)
	}
	settled(t, o, func() bool { return known(o, "a/orders") != "" })
	if version, same := versions(t, o); version != first || same != revision {
		t.Error("the status makes another version")
	}
	other := newObjects(client, o.events, []string{"a"})
	t.Cleanup(other.Close)
	if version, same := versions(t, other); version != first || same != revision {
		t.Error("another process has another version")
	}
	source := all[0].DeepCopy()
	source.SetGeneration(2)
	if err := client.Tracker().Update(resources["Source"], source, "a"); err != nil {
		t.Fatal(err)
	}
	settled(t, o, func() bool {
		version, now := versions(t, o)
		return version != first && now != revision
	})
	second, _ := versions(t, o)
	if err := client.Tracker().Delete(resources["Connection"], "a", "orders"); err != nil {
		t.Fatal(err)
	}
	settled(t, o, func() bool {
		version, _ := versions(t, o)
		return version != second
	})
}

// versions gives those of all objects and of the first connection.
func versions(t *testing.T, o *Objects) (all, first string) {
	t.Helper()
	all, err := o.Version(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	list, err := o.List(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) > 0 {
		first = list[0].Revision
	}
	return all, first
}
