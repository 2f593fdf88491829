package load

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
)

// rowIDs makes the rows' ids: random for each run, counted within, so that a later
// row of a run has the greater one.
type rowIDs struct {
	text [32]byte
	n    uint64
}

func newRowIDs() rowIDs {
	var run [8]byte
	_, _ = rand.Read(run[:]) // never fails, as crypto/rand says
	var ids rowIDs
	hex.Encode(ids.text[:16], run[:])
	return ids
}

func (ids *rowIDs) next() string {
	ids.n++
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], ids.n)
	hex.Encode(ids.text[16:], n[:])
	return string(ids.text[:])
}

// Joined is errors.Join that leaves a single error, with its text, as it is.
func Joined(err, also error) error {
	if err == nil {
		return also
	}
	if also == nil {
		return err
	}
	return errors.Join(err, also)
}
