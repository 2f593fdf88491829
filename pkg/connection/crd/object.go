package crd

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"knelt.dev/pkg/connection"
)

// object is one that was read: one of the documents is set, or the problem.
type object struct {
	metav1.ObjectMeta
	kind        string
	source      *connection.Source
	destination *connection.Destination
	connection  *connection.Connection
	// problem is a *connection.Problems.
	problem error
	// status as it is written.
	status json.RawMessage
}

// lastApplied is kubectl's copy of a whole object in itself.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// read makes an object of what the API server has.
func read(u *unstructured.Unstructured) *object {
	o := &object{kind: u.GetKind(), ObjectMeta: metav1.ObjectMeta{
		Name: u.GetName(), Namespace: u.GetNamespace(), UID: u.GetUID(), Generation: u.GetGeneration(),
		ResourceVersion: u.GetResourceVersion(), Labels: u.GetLabels(), Annotations: own(u.GetAnnotations()),
		DeletionTimestamp: u.GetDeletionTimestamp(),
	}}
	o.status, o.problem = statusOf(u)
	if o.problem == nil {
		o.problem = o.document(u.Object["spec"])
	}
	return o
}

func own(annotations map[string]string) map[string]string {
	if _, has := annotations[lastApplied]; !has {
		return annotations
	}
	annotations = maps.Clone(annotations)
	delete(annotations, lastApplied)
	return annotations
}

func statusOf(u *unstructured.Unstructured) (json.RawMessage, error) {
	status, ok := u.Object["status"]
	if !ok {
		return nil, nil
	}
	return json.Marshal(status)
}

// document reads the document, as package connection does.
func (o *object) document(spec any) error {
	text, err := json.Marshal(map[string]any{
		"apiVersion": connection.APIVersion, "kind": o.kind, "metadata": o.metadata(), "spec": spec,
	})
	if err != nil {
		return fmt.Errorf("writing an object as a document: %w", err)
	}
	set, err := connection.ReadObject(o.title(), text)
	if err != nil {
		return err
	}
	o.source, o.destination, o.connection = set.Sources[o.Name], set.Destinations[o.Name], set.Connections[o.Name]
	return o.checkReferences()
}

func (o *object) metadata() connection.Metadata {
	return connection.Metadata{Name: o.Name, Namespace: o.Namespace, Labels: o.Labels, Annotations: o.Annotations}
}

// title names the object in problems: "Connection shop/orders".
func (o *object) title() string { return o.kind + " " + o.Namespace + "/" + o.Name }

// checkReferences refuses what has no meaning on a cluster: the variables and
// files of a function are its own.
func (o *object) checkReferences() error {
	var found []connection.Found
	switch {
	case o.source != nil:
		found = o.source.References()
	case o.destination != nil:
		found = o.destination.References()
	case o.connection != nil:
		found = o.connection.References()
	}
	var list []connection.Problem
	for _, f := range found {
		if f.Scheme != connection.SchemeSecret {
			list = append(list, o.wrong(f.Field, f.String()+" cannot be used on a cluster",
				"put the value into a Secret in namespace "+o.Namespace+" and write ${secret:NAME/KEY}"))
		}
	}
	return problems(list)
}

func (o *object) wrong(field, message, hint string) connection.Problem {
	return connection.Problem{Origin: connection.Origin{File: o.title()}, Field: field, Message: message, Hint: hint}
}

func problems(list []connection.Problem) error {
	if len(list) == 0 {
		return nil
	}
	return &connection.Problems{List: list}
}

// hash writes what names the object's version, but for its status. A nil object is
// one that is not there.
func (o *object) hash(digest hash.Hash) {
	if o == nil {
		_, _ = io.WriteString(digest, "-\n") // a hash takes it all
		return
	}
	said := []any{o.kind, o.Namespace, o.Name, o.UID, o.Generation, o.Labels, o.Annotations}
	_ = json.NewEncoder(digest).Encode(said) // strings and a number
}

// unchanged tells whether an object says the same as before, but for its status.
func (o *object) unchanged(u *unstructured.Unstructured) bool {
	return o.UID == u.GetUID() && o.Generation == u.GetGeneration() &&
		maps.Equal(o.Labels, u.GetLabels()) && maps.Equal(o.Annotations, own(u.GetAnnotations()))
}

// again gives the object with another version's status.
func (o *object) again(u *unstructured.Unstructured) *object {
	same := *o
	same.ResourceVersion, same.DeletionTimestamp = u.GetResourceVersion(), u.GetDeletionTimestamp()
	status, err := statusOf(u)
	if err != nil {
		same.problem = errors.Join(same.problem, err)
	}
	same.status = status
	return &same
}
