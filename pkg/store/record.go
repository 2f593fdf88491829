package store

import (
	"encoding/json"
	"time"
)

// Status of a sync or an attempt.
type Status string

// The statuses. All but Running are final.
const (
	Running    Status = "running"
	Succeeded  Status = "succeeded"
	Incomplete Status = "incomplete"
	Failed     Status = "failed"
	Cancelled  Status = "cancelled"
)

// SyncRecord is one wanted run of a connection with its attempts. Times are
// UTC, in whole milliseconds.
type SyncRecord struct {
	Connection string `json:"connection"`
	// ID counts the connection's syncs from 1; it is the sync_id of the
	// configured catalog, the same in all attempts.
	ID       int64     `json:"id"`
	Status   Status    `json:"status"`
	Started  time.Time `json:"started,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
	Attempts []Attempt `json:"attempts"`
	// Definition is the connection as it was when the sync began, without
	// secrets.
	Definition json.RawMessage `json:"definition,omitempty"`
}

// Attempt is one try at a sync.
type Attempt struct {
	Number int   `json:"number"`
	Epoch  int64 `json:"epoch"`
	// Request names what asked for the attempt, so that the same request is
	// recognised when it comes again; empty if nobody will ask twice.
	Request string    `json:"request,omitempty"`
	Status  Status    `json:"status"`
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	// Reasons say why it is not succeeded, most important first.
	Reasons []string `json:"reasons,omitempty"`
	// Final tells that trying again cannot help before somebody changes
	// something; Unresumable that the attempt failed only because a successor
	// could not go on with it.
	Final       bool `json:"final,omitempty"`
	Unresumable bool `json:"unresumable,omitempty"`
	// Ledger is replication's ledger.
	Ledger json.RawMessage `json:"ledger,omitempty"`
	// Relays are the relays that went on with the attempt after its first, in
	// their order.
	Relays []Succession `json:"relays,omitempty"`
}

// Succession is one relay's taking over of connectors that another had started.
type Succession struct {
	Epoch  int64     `json:"epoch"`
	Holder string    `json:"holder"`
	At     time.Time `json:"at,omitzero"`
}
