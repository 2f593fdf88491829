// Package cluster reaches an installation on Kubernetes from outside of its
// cluster, with nothing but a kubeconfig: through the API server to the activator
// of Knative Serving, which wakes functions that are at zero
// (docs/decisions/0013-through-the-activator.md).
package cluster

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	_ "k8s.io/client-go/plugin/pkg/client/auth" // what kubeconfigs can say of users, beyond tokens and certificates
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Named is the cluster that a user means, as with kubectl.
type Named struct {
	// Kubeconfig is a file; empty: those of KUBECONFIG, ~/.kube/config, or what a
	// pod is given.
	Kubeconfig string
	// Context of it; empty: its current one.
	Context string
}

// Cluster is an API server.
type Cluster struct {
	server *url.URL
	way    http.RoundTripper
}

// Open reads the kubeconfig. Nothing is sent yet.
func Open(n Named) (*Cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = n.Kubeconfig
	settings, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: n.Context}).ClientConfig()
	if clientcmd.IsEmptyConfig(err) {
		return nil, errors.New("there is no kubeconfig: name one by --kubeconfig or KUBECONFIG")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	return open(settings)
}

func open(settings *rest.Config) (*Cluster, error) {
	server, _, err := rest.DefaultServerUrlFor(settings)
	if err != nil {
		return nil, fmt.Errorf("the kubeconfig's server: %w", err)
	}
	way, err := rest.TransportFor(settings)
	if err != nil {
		return nil, fmt.Errorf("the kubeconfig's user: %w", err)
	}
	return &Cluster{server: server, way: way}, nil
}

// Function gives the way to a Knative Service: requests that are sent through it
// reach the Service, whatever URL they have; of that, path and query count. A
// token in Authorization, which the API server would take for its own, travels in
// api.TokenHeader.
//
// Answers of the API server itself, such as that somebody may not do this, are
// given as problem documents.
func (c *Cluster) Function(namespace, name string) *Function {
	return &Function{cluster: c, namespace: namespace, name: name}
}
