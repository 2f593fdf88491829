package crd

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
)

// Get reads a Connection and its two ends, as they are now. The error is a
// *connection.Problems, or store.ErrNotFound, or one of the API server.
func (o *Objects) Get(ctx context.Context, ref events.Ref) (*events.Documents, error) {
	c, err := o.get(ctx, connection.KindConnection, ref.Namespace, ref.Name)
	if err != nil {
		return nil, err
	}
	source, err := o.end(ctx, c, connection.KindSource, "spec.source", c.connection.Spec.Source)
	if err != nil {
		return nil, err
	}
	destination, err := o.end(ctx, c, connection.KindDestination, "spec.destination", c.connection.Spec.Destination)
	if err != nil {
		return nil, err
	}
	return &events.Documents{Connection: c.connection, Source: source.source, Destination: destination.destination}, nil
}

// Resource reads a Source or a Destination; errors as of Get.
func (o *Objects) Resource(ctx context.Context, r events.Resource) (*events.Document, error) {
	found, err := o.get(ctx, string(r.Kind), r.Namespace, r.Name)
	if err != nil {
		return nil, err
	}
	return &events.Document{Source: found.source, Destination: found.destination}, nil
}

func (o *Objects) get(ctx context.Context, kind, namespace, name string) (*object, error) {
	if !o.within(namespace) {
		return nil, o.elsewhere(kind, namespace, name)
	}
	u, err := o.of(kind, namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("there is no %s %s/%s: %w", kind, namespace, name, store.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s %s/%s: %w", kind, namespace, name, err)
	}
	found := read(u)
	return found, found.problem
}

// elsewhere says why a name is not looked up.
func (o *Objects) elsewhere(kind, namespace, name string) error {
	if namespace == "" {
		return fmt.Errorf("there is no %s %s without a namespace: name it (read are those of %s): %w", kind, name, o.places(), store.ErrNotFound)
	}
	return fmt.Errorf("%s %s/%s is not read, only those of %s: %w", kind, namespace, name, o.places(), store.ErrNotFound)
}

// end reads an end of a connection. That there is none is the connection's
// problem.
func (o *Objects) end(ctx context.Context, c *object, kind, field, name string) (*object, error) {
	u, err := o.of(kind, c.Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, missing(c, kind, field, name)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s %s/%s: %w", kind, c.Namespace, name, err)
	}
	found := read(u)
	return found, found.problem
}

// missingError is a connection's problem that an end of it is not there.
type missingError struct{ *connection.Problems }

func (e *missingError) Unwrap() error { return e.Problems }

func missing(c *object, kind, field, name string) error {
	p := c.wrong(field, fmt.Sprintf("there is no %s %q in namespace %s", kind, name, c.Namespace), "")
	return &missingError{&connection.Problems{List: []connection.Problem{p}}}
}
