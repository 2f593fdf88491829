package sidecar

import (
	"context"
	"sync"

	"knelt.dev/pkg/store"
)

// LeaseReader is the part of a store that a bridge needs; its user may read
// lease keys and nothing else.
type LeaseReader interface {
	LeaseOf(ctx context.Context, connection string) (info store.LeaseInfo, ok bool, err error)
	Close() error
}

// StoreLease is the Lease of a connection in a store. The store is opened at the
// first reading and again until that works: a bridge starts without it, too.
type StoreLease struct {
	connection string
	open       func(ctx context.Context) (LeaseReader, error)

	mu     sync.Mutex
	reader LeaseReader
}

// NewStoreLease makes a StoreLease.
func NewStoreLease(connection string, open func(ctx context.Context) (LeaseReader, error)) *StoreLease {
	return &StoreLease{connection: connection, open: open}
}

// State reads the lease. A handed-over one counts as held until it expires:
// its successor is awaited.
func (l *StoreLease) State(ctx context.Context) (LeaseState, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reader == nil {
		reader, err := l.open(ctx)
		if err != nil {
			return LeaseState{}, err
		}
		l.reader = reader
	}
	info, ok, err := l.reader.LeaseOf(ctx, l.connection)
	return LeaseState{Held: ok, Sync: info.SyncID}, err
}

// Close closes the store, if it was opened.
func (l *StoreLease) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reader == nil {
		return nil
	}
	err := l.reader.Close()
	l.reader = nil
	return err
}
