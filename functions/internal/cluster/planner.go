package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"knelt.dev/functions/internal/documents"
	"knelt.dev/pkg/connector/kube"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/store/redis"
)

// Planner is what the scheduler needs of a cluster: it starts nothing, so that
// it knows no bridge and needs few rights.
type Planner struct {
	Store  *redis.Store
	Folder documents.Folder
	// Sink is where requests are sent, Tick how often it ticks by itself (0: never).
	Sink string
	Tick time.Duration

	sweeper *kube.Sweeper
}

// OpenPlanner makes it by the process's environment. Close closes it. The
// variables are KNELT_STORE, KNELT_CONNECTIONS and K_SINK as of Settings, and
//
//	KNELT_TICK                 how often the scheduler ticks by itself: "10s";
//	                           unset: only when it is asked to
//	KNELT_CONNECTOR_NAMESPACE  where what crashed syncs left is removed; unset:
//	                           nowhere
func OpenPlanner(ctx context.Context) (*Planner, error) {
	s, err := plannerFromEnv(os.Getenv)
	if err != nil {
		return nil, err
	}
	p := &Planner{Folder: documents.Folder(s.connections), Sink: s.sink, Tick: s.tick}
	if s.namespace != "" {
		if p.sweeper, err = kube.SweeperInCluster(s.namespace); err != nil {
			return nil, err
		}
	}
	p.Store, err = redis.Open(ctx, s.store, redis.Options{})
	return p, err
}

type plannerSettings struct {
	store, connections, sink, namespace string
	tick                                time.Duration
}

func plannerFromEnv(get func(string) string) (s plannerSettings, err error) {
	s = plannerSettings{
		store: get("KNELT_STORE"), connections: get("KNELT_CONNECTIONS"), sink: get("K_SINK"), namespace: get("KNELT_CONNECTOR_NAMESPACE"),
	}
	var store, sink error
	if s.store == "" {
		store = errors.New("KNELT_STORE must be the Redis URL of the store")
	}
	if s.sink == "" {
		sink = errors.New("K_SINK must be where requests for syncs are sent, such as a Broker")
	}
	s.tick, err = duration(get, "KNELT_TICK", 0)
	return s, errors.Join(store, sink, err)
}

// Serve is Cluster.Serve.
func (p *Planner) Serve(ctx context.Context, name string, f host.Function) error {
	return serveFunction(ctx, name, f, p.ready)
}

func (p *Planner) ready(ctx context.Context) error {
	_, _, err := p.Store.Memo(ctx, "ready")
	return err
}

// Close closes the store.
func (p *Planner) Close() error { return p.Store.Close() }

// leftover is how old must be what is swept: clocks differ, and a sync begins
// before its lease can be seen.
const leftover = 5 * time.Minute

// Sweep removes what crashed syncs left; nothing where no namespace is set.
func (p *Planner) Sweep(ctx context.Context) error {
	if p.sweeper == nil {
		return nil
	}
	removed, err := p.sweeper.Sweep(ctx, leftover, p.live)
	for _, r := range removed {
		slog.InfoContext(ctx, "removed what a sync left", "kind", r.Kind, "name", r.Name, "reason", r.Reason)
	}
	return err
}

// live tells whether a sync has a lease, or awaits a successor.
func (p *Planner) live(ctx context.Context, connection string, sync int64) (bool, error) {
	lease, ok, err := p.Store.LeaseOf(ctx, connection)
	if err != nil {
		return false, fmt.Errorf("looking for the lease: %w", err)
	}
	return ok && (lease.SyncID == sync || lease.SyncID == 0), nil
}
