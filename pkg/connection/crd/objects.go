package crd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"knelt.dev/pkg/connection"
)

// Objects are the Sources, Destinations and Connections of some namespaces. A
// Connection and its two ends are of one namespace. It is safe for concurrent
// use.
//
// Whoever uses it may, in each of the namespaces: get objects; for List, list and
// watch them; for the status, patch it, and create events.
type Objects struct {
	client     dynamic.Interface
	events     kubernetes.Interface
	namespaces []string

	mu    sync.Mutex
	cache *cache
}

// AllNamespaces in place of the names of some.
const AllNamespaces = "*"

// New gives those of some namespaces, or of AllNamespaces. Close ends what List
// has begun.
func New(settings *rest.Config, namespaces ...string) (*Objects, error) {
	client, err := dynamic.NewForConfig(settings)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	events, err := kubernetes.NewForConfig(settings)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	return newObjects(client, events, namespaces), nil
}

func newObjects(client dynamic.Interface, events kubernetes.Interface, namespaces []string) *Objects {
	if slices.Contains(namespaces, AllNamespaces) {
		namespaces = []string{""}
	}
	return &Objects{client: client, events: events, namespaces: namespaces}
}

// Close ends what List has begun.
func (o *Objects) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cache != nil {
		o.cache.close()
		o.cache = nil
	}
}

// resources are where the API server has the kinds.
var resources = map[string]schema.GroupVersionResource{
	connection.KindSource:      resource("sources"),
	connection.KindDestination: resource("destinations"),
	connection.KindConnection:  resource("connections"),
}

func resource(plural string) schema.GroupVersionResource {
	group, version, _ := strings.Cut(connection.APIVersion, "/") // a constant of this form
	return schema.GroupVersionResource{Group: group, Version: version, Resource: plural}
}

func (o *Objects) of(kind, namespace string) dynamic.ResourceInterface {
	return o.client.Resource(resources[kind]).Namespace(namespace)
}

// within tells whether a namespace is one of those that are read.
func (o *Objects) within(namespace string) bool {
	return namespace != "" && (slices.Contains(o.namespaces, namespace) || slices.Contains(o.namespaces, ""))
}

// places names the namespaces for people.
func (o *Objects) places() string {
	if slices.Contains(o.namespaces, "") {
		return "all namespaces"
	}
	return "namespace " + strings.Join(o.namespaces, ", ")
}

// contextError gives the reason of a context's end beside what was being done.
func contextError(ctx context.Context, doing string, last error) error {
	if last != nil {
		return fmt.Errorf("%s: %w (%w)", doing, last, context.Cause(ctx))
	}
	return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
}
