package ingress

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"net/http"
	"sync"
	"time"
)

const (
	ingresses = "/apis/networking.internal.knative.dev/v1alpha1/ingresses"
	services  = "/api/v1/services"
	slicesAt  = "/apis/discovery.k8s.io/v1/endpointslices"
)

// Controller keeps the proxy's table as the API server's objects are, and tells
// of it in the status of Ingresses.
type Controller struct {
	client *Client
	proxy  *Proxy

	mu        sync.Mutex
	ingresses map[string]Ingress
	services  map[string]Service
	slices    map[string]Slice

	changed chan struct{}
}

// NewController is a controller that does nothing yet.
func NewController(c *Client, p *Proxy) *Controller {
	return &Controller{client: c, proxy: p, changed: make(chan struct{}, 1)}
}

// Run works until the context ends.
func (c *Controller) Run(ctx context.Context) {
	go watch(ctx, c.client, ingresses, func(m map[string]Ingress) { c.set(func() { c.ingresses = maps.Clone(m) }) })
	go watch(ctx, c.client, services, func(m map[string]Service) { c.set(func() { c.services = maps.Clone(m) }) })
	go watch(ctx, c.client, slicesAt, func(m map[string]Slice) { c.set(func() { c.slices = maps.Clone(m) }) })
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.changed:
			c.sync(ctx)
		}
	}
}

func (c *Controller) set(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	select {
	case c.changed <- struct{}{}:
	default: // what waits there will see it
	}
}

func (c *Controller) sync(ctx context.Context) {
	c.mu.Lock()
	all := c.ingresses
	t := newTable(all, c.services, c.slices)
	c.mu.Unlock()
	c.proxy.use(t)
	for _, i := range all {
		if i.Metadata.Annotations[classAnnotation] != Class || !t.complete(i) || i.ready() {
			continue
		}
		if err := c.tell(ctx, i); err != nil {
			log.Printf("telling the status of %s: %v", i.Metadata.key(), err)
			time.AfterFunc(time.Second, func() { c.set(func() {}) })
		}
	}
}

// complete tells whether each backend of an Ingress has an endpoint.
func (t *table) complete(i Ingress) bool {
	for _, r := range i.Spec.Rules {
		for _, p := range r.HTTP.Paths {
			for _, s := range p.Splits {
				if len(t.backends[s.backend()].addresses) == 0 {
					return false
				}
			}
		}
	}
	return true
}

// ready tells whether the status says that this generation is served.
func (i Ingress) ready() bool {
	for _, c := range i.Status.Conditions {
		if c.Type == "Ready" {
			return c.Status == "True" && i.Status.ObservedGeneration == i.Metadata.Generation
		}
	}
	return false
}

// readyStatus says that the generation is served.
func readyStatus(generation int64, now time.Time) status {
	s := status{
		ObservedGeneration:  generation,
		PublicLoadBalancer:  &loadBalancer{[]loadBalancerIngress{{DomainInternal: PrivateHost}}},
		PrivateLoadBalancer: &loadBalancer{[]loadBalancerIngress{{DomainInternal: PrivateHost}}},
	}
	for _, name := range []string{"LoadBalancerReady", "NetworkConfigured", "Ready"} {
		s.Conditions = append(s.Conditions, condition{Type: name, Status: "True", LastTransitionTime: now.UTC().Format(time.RFC3339)})
	}
	return s
}

func (c *Controller) tell(ctx context.Context, i Ingress) error {
	body, err := json.Marshal(map[string]any{"status": readyStatus(i.Metadata.Generation, time.Now())})
	if err != nil {
		return fmt.Errorf("encoding a status: %w", err)
	}
	at := fmt.Sprintf("/apis/networking.internal.knative.dev/v1alpha1/namespaces/%s/ingresses/%s/status", i.Metadata.Namespace, i.Metadata.Name)
	answer, err := c.client.do(ctx, http.MethodPatch, at, "application/merge-patch+json", body)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}
