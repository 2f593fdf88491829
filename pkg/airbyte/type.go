package airbyte

// Type is the type of a message, the value of an envelope's "type".
type Type uint8

// The protocol's message types. None is the zero value: no message.
const (
	None Type = iota
	Record
	State
	Log
	Spec
	ConnectionStatus
	Catalog
	Trace
	Control
	DestinationCatalog
)
