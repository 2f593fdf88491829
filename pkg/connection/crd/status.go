package crd

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/apis"

	"knelt.dev/pkg/store"
)

// Status is what Knelt says of every kind of object.
type Status struct {
	// ObservedGeneration is the generation of the spec that conditions speak of.
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions tell whether the object can be used, and what is wrong if not.
	Conditions apis.Conditions `json:"conditions,omitempty"`
}

// EndStatus is what Knelt says of a Source or a Destination.
type EndStatus struct {
	Status `json:",inline"`
}

// ConnectionStatus is what Knelt says of a Connection.
type ConnectionStatus struct {
	Status `json:",inline"`
	// Schedule of the spec in a few words.
	Schedule string `json:"schedule,omitempty"`
	// Paused tells that it is not synced by itself, by the spec or by hand.
	Paused bool `json:"paused,omitempty"`
	// Next is when it is synced next.
	Next *metav1.Time `json:"next,omitempty"`
	// LastSync is the newest sync, which may still run.
	LastSync *LastSync `json:"lastSync,omitempty"`
	// FailuresInRow counts the syncs that failed since the last one that moved
	// forward.
	FailuresInRow int `json:"failuresInRow,omitempty"`
}

// LastSync is the newest sync of a connection.
type LastSync struct {
	// ID is the number of the sync.
	ID int64 `json:"id"`
	// Status is running, succeeded, incomplete, failed or cancelled.
	Status store.Status `json:"status"`
	// Attempt that runs, or was the last.
	Attempt int `json:"attempt,omitempty"`
	// Started is when the sync began.
	Started *metav1.Time `json:"started,omitempty"`
	// Ended is when it ended; left out while it runs.
	Ended *metav1.Time `json:"ended,omitempty"`
	// Records that were moved.
	Records int64 `json:"records,omitempty"`
	// Bytes that were moved.
	Bytes int64 `json:"bytes,omitempty"`
	// Reasons why it did not succeed.
	Reasons []string `json:"reasons,omitempty"`
}
