package events

import (
	"strconv"
	"strings"
	"time"
)

// Kind says what is done with a connection's streams.
type Kind string

// The kinds of syncs.
const (
	// Sync moves rows.
	Sync Kind = "sync"
	// Reset empties streams at the destination and forgets their states.
	Reset Kind = "reset"
)

func (Kind) values() []string { return []string{string(Sync), string(Reset)} }

// Run identifies one wanted sync, whoever asks for it and however often the
// request is delivered. It is comparable once normalised, as it is in what
// Decode returns.
type Run struct {
	// Connection to sync. May be left out of a request that has documents.
	Connection Ref `json:"connection,omitzero"`
	// Due is when the sync was due (RFC 3339, kept in UTC and whole
	// milliseconds). Of a scheduled sync it is the nominal time of the schedule,
	// never the time of sending; of one that somebody asked for, the time of
	// asking. A retry keeps the time of what it retries.
	Due time.Time `json:"due"`
	// Attempt counts the requests for this due time, from 1.
	Attempt int `json:"attempt" schema:"minimum=1"`
	// Kind of sync; left out: sync.
	Kind Kind `json:"kind,omitempty"`
}

// Subject of the events of the run.
func (r *Run) Subject() string { return r.Connection.String() }

// Key gives the run as text, such as
// "shop/orders/sync/2026-01-02T03:04:05Z/1": the beginning of the ids of all its
// events, and a key for what must happen once.
func (r *Run) Key() string {
	kind := r.Kind
	if kind == "" {
		kind = Sync
	}
	return runKey(r.Subject(), string(kind), r.Due, r.Attempt)
}

// DueOf gives the due time in a Run's key; ok is false for other texts.
func DueOf(key string) (due time.Time, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) < 4 {
		return time.Time{}, false
	}
	due, err := time.Parse(time.RFC3339Nano, parts[len(parts)-2])
	return due, err == nil
}

func runKey(subject, kind string, due time.Time, attempt int) string {
	return subject + "/" + kind + "/" + normal(due).Format(time.RFC3339Nano) + "/" + strconv.Itoa(attempt)
}

func (r *Run) normalise() {
	if r.Kind == "" {
		r.Kind = Sync
	}
	r.Due = normal(r.Due)
}

// normal gives the one form of a time in ids: UTC, whole milliseconds.
func normal(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
