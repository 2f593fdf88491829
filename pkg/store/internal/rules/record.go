package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"knelt.dev/pkg/store"
)

// Record checks a sync record and gives it as it is kept: with its connection,
// times in whole milliseconds. The caller's record is left as it is.
func Record(connection string, r store.SyncRecord) (store.SyncRecord, error) {
	if r.Connection != "" && r.Connection != connection {
		return r, fmt.Errorf("the sync record is of connection %q, the lease of %q", r.Connection, connection)
	}
	if r.ID < 0 {
		return r, fmt.Errorf("connection %q: %d is no id of a sync: they count from 1", connection, r.ID)
	}
	r.Connection = connection
	r.Started, r.Ended = Time(r.Started), Time(r.Ended)
	r.Attempts = slices.Clone(r.Attempts)
	for i := range r.Attempts {
		a := &r.Attempts[i]
		a.Started, a.Ended = Time(a.Started), Time(a.Ended)
	}
	return r, nil
}

// Encode gives a record's JSON.
func Encode(r store.SyncRecord) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("encode sync %d of connection %q: %w", r.ID, r.Connection, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Decode reads what Encode wrote. Connection and id come from the key, for a
// store may give the id after it has encoded the record.
func Decode(connection string, id int64, b []byte) (store.SyncRecord, error) {
	var r store.SyncRecord
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("the record of sync %d of connection %q is damaged: %w", id, connection, err)
	}
	r.Connection, r.ID = connection, id
	return r, nil
}

// NoSync is the error for a record that does not exist.
func NoSync(connection string, id int64) error {
	return fmt.Errorf("sync %d of connection %q: %w", id, connection, store.ErrNotFound)
}
