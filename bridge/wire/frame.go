package wire

import (
	"encoding/binary"
	"fmt"
)

// Frame is one frame. Payload is at most MaxPayload bytes; who gives it says how
// long it is valid.
type Frame struct {
	Type    Type
	Stream  Stream
	Offset  int64
	Payload []byte
}

// FormatError says that what came is not a frame of this protocol. The
// connection cannot be read any further.
type FormatError struct{ Reason string }

func (e *FormatError) Error() string {
	return "the peer does not speak the bridge's protocol: " + e.Reason
}

func malformed(format string, args ...any) error {
	return &FormatError{fmt.Sprintf(format, args...)}
}

// appendHeader adds the header of a frame with a payload of length bytes.
func appendHeader(b []byte, f Frame) []byte {
	b = append(b, byte(f.Type), byte(f.Stream), 0, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(len(f.Payload)))
	return binary.BigEndian.AppendUint64(b, uint64(f.Offset))
}

// parseHeader reads the HeaderSize bytes of a header and judges them before a
// byte of the payload is read.
func parseHeader(b []byte) (f Frame, length int, err error) {
	f = Frame{Type: Type(b[0]), Stream: Stream(b[1]), Offset: int64(binary.BigEndian.Uint64(b[8:]))}
	size := binary.BigEndian.Uint32(b[4:])
	if b[2] != 0 || b[3] != 0 {
		return f, 0, malformed("bytes 2 and 3 of the header of a frame of type %d are not zero", b[0])
	}
	if size > MaxPayload {
		return f, 0, malformed("a frame of type %d with a payload of %d bytes; at most %d are allowed", b[0], size, MaxPayload)
	}
	return f, int(size), check(f, int(size))
}

// check holds a header to the table of docs/bridge-protocol.md.
func check(f Frame, length int) error {
	if f.Type < Attach || f.Type > Launched {
		return malformed("a frame of the unknown type %d", f.Type)
	}
	r := rules[f.Type]
	switch {
	case f.Stream > Stderr || r.streams&(1<<f.Stream) == 0:
		return malformed("%s for stream %d", f.Type, f.Stream)
	case f.Offset < 0:
		return malformed("%s with an offset beyond 2^63", f.Type)
	case f.Offset != 0 && !r.offset:
		return malformed("%s with an offset; it has none", f.Type)
	case length > MaxPayload:
		return malformed("%s with a payload of %d bytes; at most %d are allowed", f.Type, length, MaxPayload)
	case length == 0 && r.payload == needed:
		return malformed("%s without payload", f.Type)
	case length != 0 && r.payload == none:
		return malformed("%s with a payload of %d bytes; it has none", f.Type, length)
	case int64(length) > maxOffset-f.Offset:
		return malformed("%s that ends beyond offset 2^63", f.Type)
	}
	return nil
}

const maxOffset = 1<<63 - 1
