package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"knelt.dev/pkg/store"
)

// syncID names an attempt as users write it: SYNC or SYNC-ATTEMPT. Zero means the
// newest.
type syncID struct {
	sync    int64
	attempt int
}

var syncIDForm = regexp.MustCompile(`^([1-9][0-9]{0,17})(?:-([1-9][0-9]{0,8}))?$`)

func parseSyncID(text string) (syncID, error) {
	m := syncIDForm.FindStringSubmatch(text)
	if m == nil {
		return syncID{}, usagef("%q is no sync: name one as SYNC or SYNC-ATTEMPT, such as 3 or 3-1 (knelt syncs lists them)", text)
	}
	var id syncID
	id.sync, _ = strconv.ParseInt(m[1], 10, 64) // the form allows what fits only
	if m[2] != "" {
		id.attempt, _ = strconv.Atoi(m[2])
	}
	return id, nil
}

// record finds the record of a sync, or of the newest.
func (s *session) record(ctx context.Context, connection string, id syncID) (store.SyncRecord, error) {
	if id.sync == 0 {
		records, err := s.store.Syncs(ctx, connection, 0, 1)
		if err == nil && len(records) == 0 {
			err = fmt.Errorf("connection %s was never synced with this home (%s)", connection, s.home)
		}
		if err != nil {
			return store.SyncRecord{}, err
		}
		return records[0], nil
	}
	r, err := s.store.Sync(ctx, connection, id.sync)
	if errors.Is(err, store.ErrNotFound) {
		return r, fmt.Errorf("connection %s has no sync %d (any more): knelt syncs lists those there are", connection, id.sync)
	}
	return r, err
}
