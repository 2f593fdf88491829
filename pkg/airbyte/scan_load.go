package airbyte

import (
	"encoding/binary"
	"unsafe"
)

// load gives the eight bytes from b[i] on, the first one lowest. The caller has
// made sure of 0 <= i <= len(b)-8.
func load(b []byte, i int) uint64 {
	p := (*[8]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), i))
	return binary.LittleEndian.Uint64(p[:])
}

// load32 is load for four bytes.
func load32(b []byte, i int) uint32 {
	p := (*[4]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), i))
	return binary.LittleEndian.Uint32(p[:])
}
