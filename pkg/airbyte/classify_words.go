package airbyte

import "bytes"

// maxWord is longer than any key or type of an envelope, each of its bytes
// written as a \u escape of six.
const maxWord = 6 * len("destination_catalog_")

// typeKey stands for the key "type" among the keys of bodies, which stand for
// their types.
const typeKey = DestinationCatalog + 1

// envelopeKey tells what a key at the top of a line is for: typeKey, the Type
// whose body it holds, or None.
func envelopeKey(raw []byte) Type {
	switch string(raw) {
	case "type":
		return typeKey
	case "record":
		return Record
	case "state":
		return State
	case "log":
		return Log
	case "spec":
		return Spec
	case "connectionStatus":
		return ConnectionStatus
	case "catalog":
		return Catalog
	case "trace":
		return Trace
	case "control":
		return Control
	case "destination_catalog":
		return DestinationCatalog
	}
	var buf [maxWord]byte
	if plain, ok := unescaped(buf[:0], raw); ok {
		return envelopeKey(plain)
	}
	return None
}

// messageType is the Type of the protocol's word in raw, None if it is another.
func messageType(raw []byte) Type {
	switch string(raw) {
	case "RECORD":
		return Record
	case "STATE":
		return State
	case "LOG":
		return Log
	case "SPEC":
		return Spec
	case "CONNECTION_STATUS":
		return ConnectionStatus
	case "CATALOG":
		return Catalog
	case "TRACE":
		return Trace
	case "CONTROL":
		return Control
	case "DESTINATION_CATALOG":
		return DestinationCatalog
	}
	var buf [maxWord]byte
	if plain, ok := unescaped(buf[:0], raw); ok {
		return messageType(plain)
	}
	return None
}

// The keys of a record that Classify looks for, a bit each.
type recordKey uint8

const (
	streamKey recordKey = 1 << iota
	namespaceKey
	dataKey
	emittedAtKey
)

func recordKeyOf(raw []byte) recordKey {
	switch string(raw) {
	case "stream":
		return streamKey
	case "namespace":
		return namespaceKey
	case "data":
		return dataKey
	case "emitted_at":
		return emittedAtKey
	}
	var buf [maxWord]byte
	if plain, ok := unescaped(buf[:0], raw); ok {
		return recordKeyOf(plain)
	}
	return 0
}

// unescaped appends what raw means to dst if that may be a word of the
// protocol and differs from raw. No word holds a backslash, so that one which
// stays after unescaping ends the matter.
func unescaped(dst, raw []byte) ([]byte, bool) {
	if len(raw) > maxWord || bytes.IndexByte(raw, '\\') < 0 {
		return nil, false
	}
	dst = Unquote(dst, raw)
	return dst, bytes.IndexByte(dst, '\\') < 0
}
