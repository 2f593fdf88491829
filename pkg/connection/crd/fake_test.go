package crd

import (
	"context"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	kubefake "k8s.io/client-go/kubernetes/fake"

	"knelt.dev/pkg/connection"
)

// fake gives objects without an API server: nothing checks them, so that also
// those can be there which an older one let through.
func fake(t *testing.T, namespaces ...string) (*Objects, *dynamicfake.FakeDynamicClient) {
	t.Helper()
	lists := map[schema.GroupVersionResource]string{}
	for kind, r := range resources {
		lists[r] = kind + "List"
	}
	client := dynamicfake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), lists)
	o := newObjects(client, kubefake.NewClientset(), namespaces)
	t.Cleanup(o.Close)
	return o, client
}

type spec = map[string]any

func made(kind, namespace, name string, s spec) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: spec{"apiVersion": connection.APIVersion, "kind": kind, "spec": s}}
	u.SetNamespace(namespace)
	u.SetName(name)
	u.SetUID(types.UID("uid-" + kind + namespace + name))
	u.SetGeneration(1)
	return u
}

func put(t *testing.T, client *dynamicfake.FakeDynamicClient, all ...*unstructured.Unstructured) {
	t.Helper()
	for _, u := range all {
		if err := client.Tracker().Create(resources[u.GetKind()], u, u.GetNamespace()); err != nil {
			t.Fatal(err)
		}
	}
}

// shop is a source, a destination and a connection of a namespace.
func shop(namespace string) []*unstructured.Unstructured {
	image := spec{"connector": spec{"image": "x:1"}}
	return []*unstructured.Unstructured{
		made("Source", namespace, "shop", image),
		made("Destination", namespace, "lake", image),
		made("Connection", namespace, "orders", spec{"source": "shop", "destination": "lake", "schedule": spec{"every": "1h"}}),
	}
}

// soon bounds what waits for an informer.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}
