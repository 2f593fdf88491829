// Package rules holds what every store must decide alike: which arguments are
// wrong, in what form records are kept, how a stream is taken out of a GLOBAL
// state. It touches no storage.
package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"knelt.dev/pkg/store"
)

// DefaultHistory is how many sync records of a connection are kept.
const DefaultHistory = 100

// Acquire checks the arguments of Store.Acquire.
func Acquire(connection, holder string, ttl time.Duration) error {
	if connection == "" {
		return errors.New("acquire a lease: the connection has no name")
	}
	if holder == "" {
		return fmt.Errorf("acquire a lease of connection %q: the holder has no name", connection)
	}
	return TTL(ttl)
}

// TTL checks a time to live.
func TTL(ttl time.Duration) error {
	if ttl < time.Millisecond {
		return fmt.Errorf("a lease's time to live is %s: it must be at least 1ms", ttl)
	}
	return nil
}

// Config checks what SaveConfig is given. The error never quotes it, for it
// holds secrets.
func Config(resource string, c store.Config) error {
	if resource == "" {
		return errors.New("save a config: the resource has no name")
	}
	if !json.Valid(c.Config) {
		return fmt.Errorf("save the config of %s: it is not valid JSON", resource)
	}
	return nil
}

// Memo checks what SaveMemo is given.
func Memo(name string, value json.RawMessage, keep time.Duration) error {
	switch {
	case name == "":
		return errors.New("save a memo: it has no name")
	case !json.Valid(value):
		return fmt.Errorf("save the memo %s: it is not valid JSON", name)
	case keep < time.Millisecond:
		return fmt.Errorf("save the memo %s: it is to be kept for %s, which must be at least 1ms", name, keep)
	}
	return nil
}

// Swap checks what SwapMemo is given.
func Swap(name string, value json.RawMessage, keep time.Duration) error {
	if value == nil {
		value, keep = json.RawMessage("null"), time.Millisecond // what is forgotten is kept for no time
	}
	return Memo(name, value, keep)
}

// Time is t as stores keep it: UTC, whole milliseconds, without a monotonic
// reading. The zero time stays zero.
func Time(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}
