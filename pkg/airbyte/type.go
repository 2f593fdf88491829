package airbyte

import "fmt"

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

// typeWords holds, by Type, the protocol's word and the key of the body. The
// keys' casing is the protocol's own.
var typeWords = [...]struct{ word, body string }{
	None:               {"", ""},
	Record:             {"RECORD", "record"},
	State:              {"STATE", "state"},
	Log:                {"LOG", "log"},
	Spec:               {"SPEC", "spec"},
	ConnectionStatus:   {"CONNECTION_STATUS", "connectionStatus"},
	Catalog:            {"CATALOG", "catalog"},
	Trace:              {"TRACE", "trace"},
	Control:            {"CONTROL", "control"},
	DestinationCatalog: {"DESTINATION_CATALOG", "destination_catalog"},
}

// ParseType gives the Type of the protocol's word ("RECORD"), exact in case.
// It is None and false for every other word.
func ParseType(word string) (Type, bool) {
	for t := Record; int(t) < len(typeWords); t++ {
		if typeWords[t].word == word {
			return t, true
		}
	}
	return None, false
}

// String gives the protocol's word ("RECORD"), "" for None.
func (t Type) String() string {
	if int(t) >= len(typeWords) {
		return fmt.Sprintf("Type(%d)", uint8(t))
	}
	return typeWords[t].word
}

// BodyKey gives the envelope's key that holds the body of a message of this
// type ("record", "connectionStatus"), "" for None.
func (t Type) BodyKey() string {
	if int(t) >= len(typeWords) {
		return ""
	}
	return typeWords[t].body
}

// MarshalText gives the protocol's word. None has none and is an error.
func (t Type) MarshalText() ([]byte, error) {
	if t == None || int(t) >= len(typeWords) {
		return nil, fmt.Errorf("message type %d has no word in the protocol", uint8(t))
	}
	return []byte(typeWords[t].word), nil
}

// UnmarshalText reads the protocol's word, exact in case.
func (t *Type) UnmarshalText(text []byte) error {
	parsed, ok := ParseType(string(text))
	if !ok {
		return fmt.Errorf("not a message type of the protocol")
	}
	*t = parsed
	return nil
}
