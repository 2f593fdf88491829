package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connection/crd"
	"knelt.dev/pkg/connector"
)

// secretWithin is how long the API server may take for a Secret.
const secretWithin = 10 * time.Second

// secrets gives the resolvers of namespaces.
type secrets struct {
	client kubernetes.Interface
	// home is the connectors' namespace, to which documents without one belong.
	home       string
	namespaces []string
}

// of gives the resolver of a namespace's documents: they refer to the Secrets of
// their own namespace and to no others.
func (s secrets) of(namespace string) (connection.Resolver, error) {
	if namespace == "" {
		namespace = s.home
	}
	if namespace != s.home && !slices.Contains(s.namespaces, namespace) && !slices.Contains(s.namespaces, crd.AllNamespaces) {
		return nil, fmt.Errorf("the Secrets of namespace %s are not read: add it to KNELT_NAMESPACES, or leave the document's namespace out", namespace)
	}
	return resolver{s.client, namespace}, nil
}

// resolver resolves ${secret:NAME/KEY} by the Secrets of a namespace. The
// variables and files of a function are its own: among them is the store's
// password.
type resolver struct {
	client    kubernetes.Interface
	namespace string
}

// Lookup implements connection.Resolver.
func (s resolver) Lookup(ref connection.Reference) (string, error) {
	if ref.Scheme != connection.SchemeSecret {
		return "", fmt.Errorf("%s cannot be used on a cluster: put the value into a Secret in namespace %s and write ${secret:NAME/KEY}", ref, s.namespace)
	}
	name, key, _ := strings.Cut(ref.Name, "/") // well-formed
	ctx, cancel := context.WithTimeout(context.Background(), secretWithin)
	defer cancel()
	secret, err := s.client.CoreV1().Secrets(s.namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return "", fmt.Errorf("there is no Secret %s in namespace %s: create it, with the key %s", name, s.namespace, key)
	case apierrors.IsForbidden(err):
		return "", fmt.Errorf("reading Secret %s in namespace %s: %w", name, s.namespace, err)
	case err != nil:
		// Also 401: the API server takes the token of a pod that was deleted no more,
		// and its function may be asked for a sync still.
		return "", fmt.Errorf("%w: reading Secret %s in namespace %s: %w", connector.ErrUnavailable, name, s.namespace, err)
	}
	value, ok := secret.Data[key]
	if !ok {
		return "", fmt.Errorf("secret %s in namespace %s has no key %s", name, s.namespace, key)
	}
	return string(value), nil
}
