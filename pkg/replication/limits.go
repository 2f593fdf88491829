package replication

import "time"

// Limits bound what may take forever or grow without end. A zero value means
// the default, a negative duration no limit.
type Limits struct {
	// MaxLine is the longest line in bytes (default 256 MiB).
	MaxLine int
	// SourceIdle is how long a source may give no sign of life while the relay
	// waits for it (default 3h). A RATE_LIMITED status with a quota_reset
	// counts as life until that moment.
	SourceIdle time.Duration
	// DestinationIdle is how long a destination may neither take a byte that
	// waits for it nor write one (default 2h).
	DestinationIdle time.Duration
	// SourceExit is how long a source may live on after it has closed its
	// output (default 1m).
	SourceExit time.Duration
	// Grace is the time between SIGTERM and SIGKILL (default 10s).
	Grace time.Duration
	// StoreWait is how long the end of a sync waits for a store that cannot be
	// reached, before positions count as lost (default 30s; it cannot be
	// without limit).
	StoreWait time.Duration
	// PendingStates and PendingBytes bound what is kept of states that were
	// sent and not yet returned (default 50,000 and 8 MiB). Beyond, neighbours
	// of one stream are merged: checkpoints get coarser, never wrong. The
	// garbage collector needs the same again.
	PendingStates int
	PendingBytes  int
	// MarkBytes and MarkEvery are how much of the source's output, and what
	// time, lies between two marks (default 4 MiB, 1 s; more where much is
	// pending). They count only for runs that are Resumable.
	MarkBytes int64
	MarkEvery time.Duration
}

func (l Limits) withDefaults() Limits {
	setDefault(&l.MaxLine, 256<<20)
	setDefault(&l.PendingStates, 50_000)
	setDefault(&l.PendingBytes, 8<<20)
	setDefault(&l.SourceIdle, 3*time.Hour)
	setDefault(&l.DestinationIdle, 2*time.Hour)
	setDefault(&l.SourceExit, time.Minute)
	setDefault(&l.Grace, 10*time.Second)
	setDefault(&l.StoreWait, 30*time.Second)
	setDefault(&l.MarkBytes, 4<<20)
	setDefault(&l.MarkEvery, time.Second)
	l.Grace, l.StoreWait = max(l.Grace, 0), max(l.StoreWait, 0)
	return l
}

func setDefault[T int | int64 | time.Duration](v *T, def T) {
	if *v == 0 {
		*v = def
	}
}
