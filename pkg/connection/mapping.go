package connection

import (
	"strings"

	"knelt.dev/pkg/airbyte"
)

// sourceNamespace is what NamespaceFormat replaces.
const sourceNamespace = "${SOURCE_NAMESPACE}"

// The words of ConnectionSpec.NamespaceFormat.
const (
	NamespaceSource      = "source"
	NamespaceDestination = "destination"
)

// Mapping says what a stream is called at the destination.
type Mapping struct {
	// NamespaceFormat and Prefix are those of ConnectionSpec.
	NamespaceFormat string
	Prefix          string
}

// Mapping gives the connection's.
func (c *Connection) Mapping() Mapping {
	return Mapping{NamespaceFormat: c.Spec.NamespaceFormat, Prefix: c.Spec.Prefix}
}

// IsZero tells whether Apply changes nothing, so that bytes can pass as they are.
func (m Mapping) IsZero() bool {
	return m.Prefix == "" && (m.NamespaceFormat == "" || m.NamespaceFormat == NamespaceSource || m.NamespaceFormat == sourceNamespace)
}

// Apply gives the stream's name at the destination. A custom format that comes
// out empty leaves the namespace to the destination.
func (m Mapping) Apply(d airbyte.Descriptor) airbyte.Descriptor {
	switch m.NamespaceFormat {
	case "", NamespaceSource:
	case NamespaceDestination:
		d.Namespace = ""
	default:
		d.Namespace = strings.ReplaceAll(m.NamespaceFormat, sourceNamespace, d.Namespace)
	}
	d.Name = m.Prefix + d.Name
	return d
}
