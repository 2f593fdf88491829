package cluster

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"knelt.dev/pkg/connection"
)

// secretWithin is how long the API server may take for a Secret.
const secretWithin = 10 * time.Second

// secrets resolves ${secret:NAME/KEY} by the Secrets of the connectors'
// namespace. The variables and files of a function are its own: among them is
// the store's password.
type secrets struct {
	client    kubernetes.Interface
	namespace string
}

// Lookup implements connection.Resolver.
func (s secrets) Lookup(ref connection.Reference) (string, error) {
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
	case err != nil:
		return "", fmt.Errorf("reading Secret %s in namespace %s: %w", name, s.namespace, err)
	}
	value, ok := secret.Data[key]
	if !ok {
		return "", fmt.Errorf("secret %s in namespace %s has no key %s", name, s.namespace, key)
	}
	return string(value), nil
}
