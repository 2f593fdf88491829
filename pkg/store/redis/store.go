// Package redis keeps Knelt's store in Redis 6.2 or later: one server, Sentinel
// or Cluster. docs/store.md lists the keys.
//
// Every fenced write is one Lua script, which compares the lease's epoch, its
// token and its expiry by Redis's own clock, then writes, so no process's clock
// and no delay on the way can let a former holder write. All keys of a
// connection share a hash tag, hence a slot.
//
// An answer can be lost after its script ran. Each write of a lease therefore
// has a number; Redis keeps the last one with its answer, gives the same answer
// to a repetition, and refuses what comes late, overtaken by a later write.
package redis

import (
	"context"
	"sync"

	"github.com/redis/go-redis/v9"

	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

// Options of a store.
type Options struct {
	// Prefix begins every key (default "knelt").
	Prefix string
	// History is how many sync records of a connection are kept (default 100).
	History int
}

// Store is a store.Store in Redis.
type Store struct {
	db      redis.UniversalClient
	keys    keys
	history int
	// lost has the tokens of acquisitions whose answer was lost, by connection
	// and holder: asked again with the same token, Redis gives the same lease.
	mu   sync.Mutex
	lost map[[2]string]string
}

var _ store.Store = (*Store)(nil)

// New makes a store that uses a client; Close closes the client too. The client
// must not send commands to replicas: what they say is old.
func New(db redis.UniversalClient, o Options) *Store {
	if o.Prefix == "" {
		o.Prefix = "knelt"
	}
	if o.History <= 0 {
		o.History = rules.DefaultHistory
	}
	return &Store{db: db, keys: keys{o.Prefix}, history: o.History, lost: map[[2]string]string{}}
}

// Close closes the client. Leases of this store can no longer be used.
func (s *Store) Close() error { return s.db.Close() }

func (s *Store) run(ctx context.Context, script *redis.Script, connection string, args ...any) ([]any, error) {
	return script.Run(ctx, s.db, s.keys.ofConnection(connection), args...).Slice()
}
