package engine

import (
	"bytes"
	"encoding/json"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// definition is what a sync is, kept with its record: later attempts go on with
// the same sync only if the user still wants the same.
type definition struct {
	Connection connection.ConnectionSpec `json:"connection"`
	// Refresh names the streams to read from scratch and to truncate.
	Refresh []airbyte.Descriptor `json:"refresh,omitempty"`
	// Reset tells that those streams are only emptied.
	Reset bool `json:"reset,omitempty"`
	// Planned tells that an attempt has got as far as setting generations.
	Planned bool `json:"planned,omitempty"`
	// Moving is what the last planned attempt moves; nil before that.
	Moving *moving `json:"moving,omitempty"`
}

// moving is all that the bytes which reach a destination depend on, beside the
// source's own, and what must not be shown. A successor must relay by the same.
type moving struct {
	Attempt             int                  `json:"attempt"`
	Streams             []replication.Stream `json:"streams"`
	SupportsRefreshes   bool                 `json:"supportsRefreshes,omitempty"`
	AcknowledgesInOrder bool                 `json:"acknowledgesInOrder,omitempty"`
	MaxLine             int                  `json:"maxLine,omitempty"`
	// SourceSecrets and DestinationSecrets are the fields of the configs that the
	// connectors' specs mark: a successor redacts without asking for the specs.
	SourceSecrets      []string `json:"sourceSecrets,omitempty"`
	DestinationSecrets []string `json:"destinationSecrets,omitempty"`
}

func (d definition) encode() (json.RawMessage, error) { return json.Marshal(d) }

func definitionOf(r store.SyncRecord) (d definition, err error) {
	if len(r.Definition) == 0 {
		return d, nil
	}
	err = json.Unmarshal(r.Definition, &d)
	return d, err
}

// Wanted tells what a sync was asked to do: the streams to read from scratch, or
// with reset those to empty.
func Wanted(r store.SyncRecord) (refresh []airbyte.Descriptor, reset bool, err error) {
	d, err := definitionOf(r)
	return d.Refresh, d.Reset, while("reading what the sync was to do", err)
}

// sameConnection tells whether two syncs want the same data moved. When they are
// due, how patient they are and how often they try does not matter, nor whom they
// tell.
func (d definition) sameConnection(o definition) (bool, error) {
	a, err := json.Marshal(what(d.Connection))
	if err != nil {
		return false, err
	}
	b, err := json.Marshal(what(o.Connection))
	return bytes.Equal(a, b), err
}

func what(c connection.ConnectionSpec) connection.ConnectionSpec {
	c.Retries, c.Timeouts, c.MaxLine = connection.Retries{}, connection.Timeouts{}, 0
	c.Schedule, c.Paused, c.Notifications = nil, false, nil
	c.DiscoverBeforeSync, c.OnSchemaChange = false, ""
	return c
}

// next decides whether a run goes on with the last sync or begins a new one. A
// sync that did not succeed is gone on with, so that what it has done is not
// done again, unless the user wants something else now. A refresh or reset that
// was begun and never came to its end is still due, as a refresh; one that could
// not even be planned (no such stream) is not.
func next(last *store.SyncRecord, wanted definition) (store.SyncRecord, definition, error) {
	if last == nil || last.Status == store.Succeeded {
		return store.SyncRecord{}, wanted, nil
	}
	before, err := definitionOf(*last)
	if err != nil {
		return store.SyncRecord{}, wanted, while("reading the last sync's record", err)
	}
	same, err := before.sameConnection(wanted)
	if err != nil {
		return store.SyncRecord{}, wanted, err
	}
	if same && before.Reset == wanted.Reset && contains(wanted.Refresh, before.Refresh) && (before.Planned || contains(before.Refresh, wanted.Refresh)) {
		return *last, before, nil
	}
	if before.Planned {
		wanted.Refresh = union(wanted.Refresh, before.Refresh)
	}
	return store.SyncRecord{}, wanted, nil
}

func contains(part, whole []airbyte.Descriptor) bool { return len(union(whole, part)) == len(whole) }

func union(a, b []airbyte.Descriptor) []airbyte.Descriptor {
	seen := map[airbyte.Descriptor]bool{}
	var all []airbyte.Descriptor
	for _, d := range append(append([]airbyte.Descriptor{}, a...), b...) {
		if !seen[d] {
			seen[d] = true
			all = append(all, d)
		}
	}
	return all
}

func set(list []airbyte.Descriptor) map[airbyte.Descriptor]bool {
	m := make(map[airbyte.Descriptor]bool, len(list))
	for _, d := range list {
		m[d] = true
	}
	return m
}
