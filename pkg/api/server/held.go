package server

import (
	"errors"
	"fmt"
	"time"

	"knelt.dev/pkg/host"
	"knelt.dev/pkg/store"
)

// plainly says of a connection that is being synced just that: which process
// has its lease is for the log.
func plainly(err error) error {
	var held *store.HeldError
	if !errors.As(err, &held) {
		return err
	}
	return &host.Error{
		Cause: host.Held, Detail: fmt.Sprintf("connection %q is being synced", held.Connection), Err: err,
		RetryAfter: min(time.Until(held.Info.Expires), time.Minute),
	}
}
