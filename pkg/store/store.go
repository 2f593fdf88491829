// Package store is what Knelt remembers between syncs: who may run a sync (the
// lease), where each stream goes on from (checkpoints), stream generations, the
// records of syncs with their ledgers, and what is planned. Package sqlite and package redis
// keep it; storetest is the suite that both pass.
//
// Everything rests on one sentence: a write counts only if its lease is still
// the latest of the connection. Each write is therefore a compare-and-set on the
// lease's epoch, in the same transaction or script as the write itself. What is
// written without a lease says so.
//
// Errors of any method: ErrUnavailable where trying again can help, the
// context's error, or one that says what is wrong with the store or with the
// arguments. Arguments are checked before anything is written. Names of
// connections and resources may hold any characters but must not be empty.
package store

import (
	"context"
	"encoding/json"
	"time"

	"knelt.dev/pkg/airbyte"
)

// Store is opened once a process; it is safe for concurrent use.
type Store interface {
	// Acquire gives the right to run syncs of a connection to holder, for ttl,
	// with an epoch one higher than any before. It succeeds when no lease of the
	// connection lives: none was ever given, or it was released, handed over, or
	// has expired (or its holder is known to be dead, where the store can
	// tell). Otherwise the error is a *HeldError. A ttl is at least 1ms, and is
	// counted by the store's one clock; the Lease also counts it by this
	// process's own monotonic clock and takes whichever ends first.
	Acquire(ctx context.Context, connection, holder string, ttl time.Duration) (Lease, error)
	// LeaseOf tells who holds the connection now, or, with HandedOver, who held
	// it and awaits a successor; ok is false if there is neither.
	LeaseOf(ctx context.Context, connection string) (info LeaseInfo, ok bool, err error)
	// Checkpoint gives the committed position of a connection; an empty
	// Checkpoint if there is none.
	Checkpoint(ctx context.Context, connection string) (Checkpoint, error)
	// Generations gives the current generation of each stream (absent: 0).
	Generations(ctx context.Context, connection string) (map[airbyte.Descriptor]int64, error)
	// Sync gives one record; ErrNotFound if there is none (any more).
	Sync(ctx context.Context, connection string, id int64) (SyncRecord, error)
	// Syncs gives up to limit records of a connection, newest first, of ids
	// below before (0: from the newest). A limit below 1 gives none.
	Syncs(ctx context.Context, connection string, before int64, limit int) ([]SyncRecord, error)
	// Connections lists the connections that ever had a lease, sorted.
	Connections(ctx context.Context) ([]string, error)
	// Config gives what a connector made of its config (CONTROL), by resource,
	// "source/NAME" or "destination/NAME"; ok is false if nothing is kept.
	Config(ctx context.Context, resource string) (c Config, ok bool, err error)
	// SaveConfig keeps it. The last writer wins, without a lease: whoever
	// refreshed a token last has the one that works, and check does it too.
	SaveConfig(ctx context.Context, resource string, c Config) error
	// Memo gives what SaveMemo kept under a name; ok is false if there is nothing
	// (any more).
	Memo(ctx context.Context, name string) (value json.RawMessage, ok bool, err error)
	// SaveMemo keeps, for that long (at least 1ms), what can be found out again,
	// such as the answer of a connector. The last writer wins.
	SaveMemo(ctx context.Context, name string, value json.RawMessage, keep time.Duration) error
	// SwapMemo is SaveMemo if what is kept under the name is was, to the byte: of
	// several who do so at once, in any process, one succeeds. A nil was is nothing
	// (any more), and a nil value forgets what is kept. What is value already counts
	// as done, so that a call whose answer was lost can be repeated. Otherwise ok is
	// false, and now is what is kept instead; nil: nothing.
	SwapMemo(ctx context.Context, name string, was, value json.RawMessage, keep time.Duration) (now json.RawMessage, ok bool, err error)
	Plans
	Cancels
	Close() error
}

// Config is a config a connector changed itself, secrets in clear. It stands in
// for the user's own as long as that still has the digest Base.
type Config struct {
	Base   string          `json:"base"`
	Config json.RawMessage `json:"config"`
}

// Lease is the held right to run a sync of one connection, and the only way to
// write. Every write fails with ErrFenced once a higher epoch was given, or once
// the lease has expired, was released or was handed over; a fenced write has
// changed nothing. Expiry is judged inside the write, so a process that slept
// through it finds out at its first write. The methods are safe for concurrent
// use.
type Lease interface {
	Connection() string
	// Epoch of the lease: 1 for the first of a connection, always rising.
	Epoch() int64
	// Renew makes the lease live for another ttl from now.
	Renew(ctx context.Context, ttl time.Duration) error
	// Release ends the lease: anyone may acquire at once.
	Release(ctx context.Context) error
	// HandOver ends the lease on purpose in the middle of a sync: as Release,
	// but LeaseInfo.HandedOver stays set until the next Acquire, so that those
	// who watch the lease know that a successor comes. It expires after ttl.
	HandOver(ctx context.Context, ttl time.Duration) error

	// Begin opens an attempt, in one step: it writes the sync record, sets the
	// generations of the streams named in it and forgets the states of the
	// streams to restart. A zero Sync.ID means a new sync: the store gives it
	// the connection's next id (1, 2, 3 ...); another must exist (ErrNotFound).
	// The record's Connection is the lease's: left empty, or the same. Restart
	// follows the rules of ClearCheckpoint, *KindError included. Returned is the
	// record as kept.
	Begin(ctx context.Context, b Begin) (SyncRecord, error)
	// SaveCheckpoint makes positions durable: all of them or none. A position
	// of another kind than what is stored replaces all that is stored; kinds
	// mixed in one call are a *MixedKindsError. Of several positions of one
	// stream the last one counts. No positions: nothing changes.
	SaveCheckpoint(ctx context.Context, positions []Position) error
	// ClearCheckpoint forgets the positions of the named streams, or everything
	// when streams is nil. A named stream inside a GLOBAL checkpoint is taken
	// out of it; a LEGACY one can only be cleared whole (*KindError).
	ClearCheckpoint(ctx context.Context, streams []airbyte.Descriptor) error
	// SaveSync replaces the record of a sync (progress, end of an attempt);
	// ErrNotFound if there is none. A record stays in the history while it is
	// among the newest of the connection (default 100) or still running: what
	// is dropped is always the oldest that is finished.
	SaveSync(ctx context.Context, r SyncRecord) error
}

// LeaseInfo is what is known of a lease from outside. Expires is UTC, in whole
// milliseconds.
type LeaseInfo struct {
	Holder string `json:"holder"`
	Epoch  int64  `json:"epoch"`
	// SyncID is the sync that the holder last began, or saved as running; 0
	// until then.
	SyncID     int64     `json:"syncId,omitempty"`
	Expires    time.Time `json:"expires"`
	HandedOver bool      `json:"handedOver,omitempty"`
}

// Position is one committed state: the bytes of the source's own "state"
// object, never what a destination made of it.
type Position struct {
	Kind airbyte.StateKind `json:"kind"`
	// Stream it belongs to; zero for GLOBAL and LEGACY.
	Stream airbyte.Descriptor `json:"stream,omitzero"`
	State  json.RawMessage    `json:"state"`
}

// Checkpoint is where a connection goes on from. Positions are of one kind:
// one per stream for STREAM (sorted by stream), else a single one.
type Checkpoint struct {
	Positions []Position `json:"positions"`
}

// Begin is what Lease.Begin writes in one step.
type Begin struct {
	Sync        SyncRecord
	Generations map[airbyte.Descriptor]int64
	Restart     []airbyte.Descriptor
}
