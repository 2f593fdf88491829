package events

import "knelt.dev/pkg/connection"

// Ref names a Connection.
type Ref struct {
	// Namespace it lives in; left out where there are none, on one machine.
	Namespace string `json:"namespace,omitempty" schema:"name"`
	// Name of the Connection.
	Name string `json:"name" schema:"name"`
}

// String gives "namespace/name", or the bare name where there is no namespace.
func (r Ref) String() string {
	if r.Namespace == "" {
		return r.Name
	}
	return r.Namespace + "/" + r.Name
}

func refOf(m connection.Metadata) Ref { return Ref{Namespace: m.Namespace, Name: m.Name} }

// ResourceKind is the kind of a Resource.
type ResourceKind string

// What can be checked. Only a source can be discovered.
const (
	SourceKind      ResourceKind = connection.KindSource
	DestinationKind ResourceKind = connection.KindDestination
)

func (ResourceKind) values() []string { return []string{string(SourceKind), string(DestinationKind)} }

// Resource names a Source or a Destination.
type Resource struct {
	// Kind of the document.
	Kind ResourceKind `json:"kind"`
	// Namespace it lives in; left out where there are none, on one machine.
	Namespace string `json:"namespace,omitempty" schema:"name"`
	// Name of the Source or Destination.
	Name string `json:"name" schema:"name"`
}

// String gives "source/namespace/name" or "destination/namespace/name", without
// the namespace where there is none.
func (r Resource) String() string {
	kind := "source/"
	if r.Kind == DestinationKind {
		kind = "destination/"
	}
	return kind + Ref{Namespace: r.Namespace, Name: r.Name}.String()
}
