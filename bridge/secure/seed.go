// Package secure proves to a relay and a bridge that they belong together: keys
// and TLS settings from one seed of 32 bytes. docs/bridge-protocol.md has the
// derivation.
package secure

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// SeedSize is the size of a seed in bytes.
const SeedSize = 32

// SyncSeed is the secret of one sync. It never goes into a pod.
type SyncSeed [SeedSize]byte

// PodSeed is the secret of one pod of a sync: of its bridge, and of the relays
// that dial it. It tells nothing of the sync's seed or of the other pod's.
type PodSeed [SeedSize]byte

// Pod is which pod of a sync.
type Pod string

// The pods of a sync.
const (
	Source      Pod = "source"
	Destination Pod = "destination"
)

// Role is an end of a connection.
type Role string

// The roles.
const (
	Bridge Role = "bridge"
	Relay  Role = "relay"
)

func (r Role) other() Role {
	if r == Bridge {
		return Relay
	}
	return Bridge
}

// NewSyncSeed makes a seed by chance.
func NewSyncSeed() SyncSeed {
	var s SyncSeed
	_, _ = rand.Read(s[:]) // never fails: crypto/rand ends the program instead
	return s
}

// Pod gives the seed of one of the sync's pods.
func (s SyncSeed) Pod(p Pod) (PodSeed, error) {
	b, err := hkdf.Key(sha256.New, s[:], nil, "knelt pod v1 "+string(p), SeedSize)
	if err != nil {
		return PodSeed{}, err
	}
	return PodSeed(b), nil
}

// Key gives a role's key.
func (s PodSeed) Key(r Role) (ed25519.PrivateKey, error) {
	b, err := hkdf.Key(sha256.New, s[:], nil, "knelt key v1 "+string(r), ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(b), nil
}

// Text is the seed as its file holds it: 64 hexadecimal digits.
func (s PodSeed) Text() string { return hex.EncodeToString(s[:]) }

// String and GoString keep seeds out of logs.
func (s PodSeed) String() string { return "(seed of a pod)" }

// GoString keeps seeds out of logs.
func (s PodSeed) GoString() string { return s.String() }

// String keeps seeds out of logs.
func (s SyncSeed) String() string { return "(seed of a sync)" }

// GoString keeps seeds out of logs.
func (s SyncSeed) GoString() string { return s.String() }

// ParsePodSeed reads what Text wrote, blanks around it allowed. The error does
// not quote it.
func ParsePodSeed(text string) (PodSeed, error) {
	b, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != SeedSize {
		return PodSeed{}, errors.New("the seed must be 64 hexadecimal digits")
	}
	return PodSeed(b), nil
}
