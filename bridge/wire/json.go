package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Encode gives a payload as JSON; an error if it does not fit in a frame.
func Encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	if len(b) > MaxPayload {
		return nil, fmt.Errorf("encode %T: %d bytes do not fit in a frame of %d", v, len(b), MaxPayload)
	}
	return b, nil
}

// Decode reads the JSON payload of a frame into v, a pointer to one of this
// package's payloads. Unknown members are passed over. The error is a
// *FormatError and does not quote the payload, which may hold secrets.
func Decode(f Frame, v any) error {
	p := bytes.TrimLeft(f.Payload, " \t\r\n")
	if len(p) == 0 || p[0] != '{' {
		return malformed("the payload of %s is no JSON object", f.Type)
	}
	if err := json.Unmarshal(p, v); err != nil {
		return malformed("the payload of %s does not fit: it must be a JSON object as docs/bridge-protocol.md says", f.Type)
	}
	return nil
}
