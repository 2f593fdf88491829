package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"knelt.dev/pkg/connection"
)

// Documents are a Connection with its two ends, as pkg/connection reads them.
// Secrets in them are references.
type Documents struct {
	// Source document.
	Source *connection.Source `json:"source"`
	// Destination document.
	Destination *connection.Destination `json:"destination"`
	// Connection document, which names the two.
	Connection *connection.Connection `json:"connection"`
}

// UnmarshalJSON reads the documents as pkg/connection does: strictly, with
// defaults. Its error is of problems.
func (d *Documents) UnmarshalJSON(raw []byte) error {
	var parts struct{ Source, Destination, Connection json.RawMessage }
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	var wrong problemList
	if set := readDocument("/source", parts.Source, &wrong); set != nil {
		d.Source = only(set.Sources, "/source", connection.KindSource, &wrong)
	}
	if set := readDocument("/destination", parts.Destination, &wrong); set != nil {
		d.Destination = only(set.Destinations, "/destination", connection.KindDestination, &wrong)
	}
	if set := readDocument("/connection", parts.Connection, &wrong); set != nil {
		d.Connection = only(set.Connections, "/connection", connection.KindConnection, &wrong)
	}
	return wrong.in("/data/documents")
}

func (d *Documents) ref() Ref {
	if d.Connection == nil {
		return Ref{}
	}
	return refOf(d.Connection.Metadata)
}

// verify tells whether the connection names the two others.
func (d *Documents) verify(at string) []Problem {
	if d.Source == nil || d.Destination == nil || d.Connection == nil {
		return nil // the schema says it
	}
	return append(
		unlessSame(at+"/connection/spec/source", d.Connection.Spec.Source, d.Source.Metadata.Name),
		unlessSame(at+"/connection/spec/destination", d.Connection.Spec.Destination, d.Destination.Metadata.Name)...)
}

// Document is a Source or a Destination: one of the two is set.
type Document struct {
	Source      *connection.Source
	Destination *connection.Destination
}

// MarshalJSON writes the one that is set.
func (d Document) MarshalJSON() ([]byte, error) {
	if d.Source != nil {
		return json.Marshal(d.Source)
	}
	return json.Marshal(d.Destination)
}

// UnmarshalJSON reads a document as pkg/connection does. Its error is of
// problems.
func (d *Document) UnmarshalJSON(raw []byte) error {
	var wrong problemList
	set := readDocument("", raw, &wrong)
	switch {
	case set == nil:
	case len(set.Sources) == 1:
		d.Source = only(set.Sources, "", connection.KindSource, &wrong)
	default:
		d.Destination = only(set.Destinations, "", "Source or a Destination", &wrong)
	}
	return wrong.in("/data/document")
}

func (d *Document) resource() Resource {
	switch {
	case d.Source != nil:
		return Resource{SourceKind, d.Source.Metadata.Namespace, d.Source.Metadata.Name}
	case d.Destination != nil:
		return Resource{DestinationKind, d.Destination.Metadata.Namespace, d.Destination.Metadata.Name}
	}
	return Resource{}
}

// readDocument reads one document; nil if it has problems.
func readDocument(at string, raw json.RawMessage, wrong *problemList) *connection.Set {
	set, err := connection.Read("", raw)
	var problems *connection.Problems
	switch {
	case err == nil:
		return set
	case errors.As(err, &problems):
		for _, p := range problems.List {
			p.Origin = connection.Origin{} // lines of a file there is not
			wrong.add(at, p.String())
		}
	default:
		wrong.add(at, err.Error())
	}
	return nil
}

// only gives the one document of a kind.
func only[T any](docs map[string]*T, at, kind string, wrong *problemList) *T {
	if len(docs) != 1 {
		wrong.add(at, fmt.Sprintf("must be a %s document", kind))
		return nil
	}
	return docs[slices.Collect(maps.Keys(docs))[0]]
}
