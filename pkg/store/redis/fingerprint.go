package redis

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// fingerprint tells whether two writes are the same.
type fingerprint [sha256.Size]byte

func fingerprintOf(script *redis.Script, args []any) (f fingerprint) {
	h := sha256.New()
	part := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	part([]byte(script.Hash()))
	for _, a := range args {
		if b, ok := a.([]byte); ok {
			part(b)
		} else {
			part(fmt.Append(nil, a))
		}
	}
	h.Sum(f[:0])
	return f
}
